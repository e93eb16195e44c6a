"""Applies production's templates to moto's CloudFormation and writes docs/conformance-infra.md.

Run from the root with moto installed (pip install 'moto[all]==5.2.5'): python3 ci-cd/aws/conformance/apply_to_moto.py
moto is another implementation of CloudFormation than the local cloud's: what both take is less likely to be a habit
of one. What moto lacks is listed as such; what it takes is read back through its own APIs.
"""

import json
import os
import re
import sys
import warnings
from pathlib import Path

for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
    os.environ[key] = "testing"
os.environ["MOTO_ACCOUNT_ID"] = ACCOUNT = "124355672559"
REGION = os.environ["AWS_DEFAULT_REGION"] = "us-east-1"

import boto3  # noqa: E402  moto patches boto3 that is imported after its environment is set
import moto  # noqa: E402
from moto import mock_aws  # noqa: E402
from moto.cloudformation.parsing import CloudFormationModel  # noqa: E402,F401

STACKS = ["audit", "network", "data", "edge", "compute", "observability", "detection", "dashboards", "delivery", "scaling"]
TEMPLATES = Path("ci-cd/aws/cloudformation")
STANDS_IN = {"user-pool-id": f"{REGION}_none", "user-pool-client-id": "none"}


def apply(settled, part):
    """
    Finds what of a stack moto takes. Where a type stops it, the type's tags are left out, then the type; where nothing
    says which, what refers to types that moto does not make. Each try starts from nothing but the stacks before it:
    moto does not take back what a failed stack had made.
    """
    template = json.loads((TEMPLATES / f"{part}.json").read_text())
    refused, unsupported = [], set()
    for _ in range(20):
        with mock_aws():
            for before, kept in settled:
                create(before, kept)
            put = hand_on_what_is_missing(template)
            error = create(part, template, unsupported)
        if error is None:
            return {"template": template, "unsupported": unsupported, "refused": refused, "put": put}
        culprit = culprit_of(error, template)
        words = f"{type(error).__name__}: {str(error)[:160]}"
        if culprit and leave_out_tags(template, culprit):
            refused.append((f"tags of {culprit}", words))
        elif culprit:
            refused.append((culprit, words))
            leave_out(template, {culprit})
        elif leave_out(template, unsupported):
            refused.append(("what refers to types that it does not make", words))
        else:
            break
    refused.append(("the stack", words))
    return {"template": {**template, "Resources": {}}, "unsupported": unsupported, "refused": refused, "put": put}


def create(part, template, unsupported=None):
    """Creates one stack. Returns what moto raised; collects the types of which it says that it does not make them."""
    if not template["Resources"]:
        return None
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            boto3.client("cloudformation").create_stack(
                StackName=f"clarity-{part}", TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_NAMED_IAM"]
            )
        except Exception as error:  # whatever moto raises is the finding
            return error
        finally:
            if unsupported is not None:
                for one in told:
                    unsupported.update(re.findall(r"AWS::\w+::\w+", str(one.message)))
    return None


def hand_on_what_is_missing(template):
    """What an earlier stack could not leave: the parameter is put by hand, so that this stack can be tried."""
    ssm, put = boto3.client("ssm"), []
    for parameter in template.get("Parameters", {}).values():
        name = parameter["Default"]
        try:
            ssm.get_parameter(Name=name)
        except ssm.exceptions.ParameterNotFound:
            put.append(name)
            key = name.rsplit("/", 1)[-1]
            ssm.put_parameter(Name=name, Value=STANDS_IN.get(key, f"arn:aws:none:{REGION}:{ACCOUNT}:{key}/a/b"), Type="String")
    return put


def culprit_of(error, template):
    """The resource type at which moto stopped: the class of its own that made it, from the trace."""
    trace, types = error.__traceback__, {r["Type"] for r in template["Resources"].values()}
    found = None
    while trace:
        values = trace.tb_frame.f_locals
        kind = values.get("resource_type")
        if isinstance(kind, str) and kind in types:
            found = kind
        logical = values.get("logical_id") or values.get("resource_logical_id") or values.get("key")
        if isinstance(logical, str) and logical in template["Resources"]:
            found = template["Resources"][logical]["Type"]
        trace = trace.tb_next
    if found is None:
        # moto says "undefined" of a resource that it could not make, with its name cut short
        found = next((r["Type"] for i, r in template["Resources"].items() if i[:16] in str(error)), None)
    return found


def leave_out_tags(template, kind):
    """Takes the tags from a type. Returns whether there were any."""
    found = [r["Properties"].pop("Tags", None) for r in template["Resources"].values() if r["Type"] == kind and "Properties" in r]
    return any(found)


def leave_out(template, kinds):
    """Takes types out with everything that refers to them. Returns whether there were any."""
    gone = {i for i, r in template["Resources"].items() if r["Type"] in kinds}
    any_gone = bool(gone)
    while gone:
        for i in gone:
            template["Resources"].pop(i, None)
        gone = {
            i
            for i, r in template["Resources"].items()
            if any(f'"Ref": "{g}"' in json.dumps(r) or f'"Fn::GetAtt": ["{g}"' in json.dumps(r) for g in gone)
        }
        for resource in template["Resources"].values():
            depends = resource.get("DependsOn", [])
            kept = [d for d in ([depends] if isinstance(depends, str) else depends) if d in template["Resources"] and d not in gone]
            resource.pop("DependsOn", None)
            if kept:
                resource["DependsOn"] = kept
    return any_gone


def read_back():
    """Facts that moto's own APIs show after the templates were applied, with what production demands."""
    checks = []

    def check(what, look, wanted):
        try:
            seen = look()
        except Exception as error:
            seen = f"{type(error).__name__}: {str(error)[:120]}"
        checks.append((what, wanted, seen))

    raw = f"clarity-health-raw-{ACCOUNT}"
    s3, ddb, sqs = boto3.client("s3"), boto3.client("dynamodb"), boto3.client("sqs")
    rule = lambda: s3.get_bucket_encryption(Bucket=raw)["ServerSideEncryptionConfiguration"]["Rules"][0]  # noqa: E731
    check("raw bucket: encryption", lambda: rule()["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"], "aws:kms")
    check("raw bucket: versioning", lambda: s3.get_bucket_versioning(Bucket=raw).get("Status"), "Enabled")
    check(
        "raw bucket: public access blocked",
        lambda: all(s3.get_public_access_block(Bucket=raw)["PublicAccessBlockConfiguration"].values()),
        True,
    )
    check(
        "audit bucket: object lock",
        lambda: s3.get_object_lock_configuration(Bucket=f"clarity-audit-{ACCOUNT}")["ObjectLockConfiguration"]["ObjectLockEnabled"],
        "Enabled",
    )
    table = lambda: ddb.describe_table(TableName="clarity-health-data")["Table"]  # noqa: E731
    check("table: billing", lambda: table()["BillingModeSummary"]["BillingMode"], "PAY_PER_REQUEST")
    check("table: encryption", lambda: table()["SSEDescription"]["SSEType"], "KMS")
    check("table: deletion protection", lambda: table().get("DeletionProtectionEnabled"), True)
    check(
        "table: point-in-time recovery",
        lambda: ddb.describe_continuous_backups(TableName="clarity-health-data")["ContinuousBackupsDescription"][
            "PointInTimeRecoveryDescription"
        ]["PointInTimeRecoveryStatus"],
        "ENABLED",
    )
    queue = lambda: sqs.get_queue_attributes(  # noqa: E731
        QueueUrl=sqs.get_queue_url(QueueName="clarity-health-processing.fifo")["QueueUrl"], AttributeNames=["All"]
    )["Attributes"]
    check("queue: set aside after", lambda: json.loads(queue()["RedrivePolicy"])["maxReceiveCount"], 5)
    check("queue: FIFO", lambda: queue()["FifoQueue"], "true")
    idp = boto3.client("cognito-idp")
    check(
        "users: second factor",
        lambda: idp.describe_user_pool(UserPoolId=idp.list_user_pools(MaxResults=5)["UserPools"][0]["Id"])["UserPool"].get(
            "MfaConfiguration"
        ),
        "ON",
    )
    ecr = boto3.client("ecr")
    check(
        "images: immutable",
        lambda: ecr.describe_repositories(repositoryNames=["clarity-backend"])["repositories"][0]["imageTagMutability"],
        "IMMUTABLE",
    )
    elb = boto3.client("elbv2")
    listeners = lambda: elb.describe_listeners(  # noqa: E731
        LoadBalancerArn=elb.describe_load_balancers(Names=["clarity-alb"])["LoadBalancers"][0]["LoadBalancerArn"]
    )["Listeners"]
    check(
        "listeners: TLS policy",
        lambda: sorted({one["SslPolicy"] for one in listeners() if one["Protocol"] == "HTTPS"}),
        ["ELBSecurityPolicy-TLS13-1-3-PQ-2025-09"],
    )
    check("target groups", lambda: len(elb.describe_target_groups(Names=["clarity-api-blue", "clarity-api-green"])["TargetGroups"]), 2)
    iam = boto3.client("iam")
    check(
        "task role: managed policy",
        lambda: [p["PolicyName"] for p in iam.list_attached_role_policies(RoleName="clarity-backend-task-role")["AttachedPolicies"]],
        ["clarity-backend-task-role-policy"],
    )
    check("logs: kept for days", lambda: boto3.client("logs").describe_log_groups(logGroupNamePrefix="/ecs/clarity-backend")["logGroups"][0].get("retentionInDays"), 2192)
    return checks


def main():
    results, settled = {}, []
    for part in STACKS:
        results[part] = apply(settled, part)
        settled.append((part, results[part]["template"]))
    with mock_aws():
        for part, template in settled:
            hand_on_what_is_missing(template)
            create(part, template)
        checks = read_back()
    lines = [
        "# Conformance of the infrastructure",
        "",
        f"Production’s templates, applied in order to the CloudFormation of moto {moto.__version__}, which is no part of this repository, by",
        "`python3 ci-cd/aws/conformance/apply_to_moto.py` (needs `pip install 'moto[all]==5.2.5'`). Where a type stops a stack it is left out,",
        "with what refers to it, and the stack is applied again.",
        "",
        "| stack | resources | made | types that moto does not make | what moto stops at |",
        "|---|---|---|---|---|",
    ]
    for part in STACKS:
        result = results[part]
        total = len(json.loads((TEMPLATES / f"{part}.json").read_text())["Resources"])
        unsupported = sorted(result["unsupported"])
        made = sum(1 for r in result["template"]["Resources"].values() if r["Type"] not in unsupported)
        stopped = sorted({culprit for culprit, _ in result["refused"]})
        lines.append(f"| {part} | {total} | {made} | {', '.join(unsupported) or '–'} | {', '.join(stopped) or '–'} |")
    lines += ["", "## What moto stops at, in its words", ""]
    for part in STACKS:
        for culprit, words in results[part]["refused"]:
            lines.append(f"- {part}, {culprit}: `{' '.join(words.split())}`")
    lines += ["", "Values that its stacks did not leave, put by hand so that the next could be tried: " + (", ".join(sorted({name for result in results.values() for name in result["put"]})) or "none") + "."]
    lines += ["", "## What was read back through moto’s APIs", "", "| fact | the template says | moto shows |", "|---|---|---|"]
    for what, wanted, seen in checks:
        mark = "" if seen == wanted else " **(differs)**"
        lines.append(f"| {what} | {wanted} | {seen}{mark} |")
    Path("docs/conformance-infra.md").write_text("\n".join([*lines, ""]))
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
