"""What an independent client, boto3, reads from the local cloud. Prints one JSON object: case to "passed" or why not.

Usage: boto3_client.py <endpoint> <access key> <secret key>
"""

import json
import sys
import uuid

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT, KEY, SECRET = sys.argv[1:4]


def client(service, secret=SECRET, **more):
    return boto3.client(
        service,
        endpoint_url=ENDPOINT,
        region_name="us-east-1",
        aws_access_key_id=KEY,
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}, **more),
    )


def fresh(what):
    return f"{what}-{uuid.uuid4().hex[:10]}"


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        told = error.response["Error"]["Code"]
        assert told == code, f"refused with {told}, not {code}"
        return
    raise AssertionError(f"expected {code}, but the request was answered")


def s3():
    at = client("s3", s3={"addressing_style": "path"})
    bucket = fresh("bucket")
    at.create_bucket(Bucket=bucket)
    at.put_object(Bucket=bucket, Key="a", Body=b"body", Metadata={"by": "boto3"})
    read = at.get_object(Bucket=bucket, Key="a")
    assert read["Body"].read() == b"body" and read["Metadata"] == {"by": "boto3"}
    pages = at.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    assert [found["Key"] for page in pages for found in page["Contents"]] == ["a"]
    refused("NoSuchKey", at.get_object, Bucket=bucket, Key="none")


def dynamodb():
    at = client("dynamodb")
    table = fresh("table")
    at.create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    at.get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 1, "MaxAttempts": 10})
    item = {"pk": {"S": "1"}, "n": {"N": "7"}, "b": {"B": b"\x00\xff"}}
    at.put_item(TableName=table, Item=item)
    assert at.get_item(TableName=table, Key={"pk": {"S": "1"}})["Item"] == item
    condition = {"ConditionExpression": "attribute_not_exists(pk)"}
    refused("ConditionalCheckFailedException", at.put_item, TableName=table, Item=item, **condition)


def sqs():
    at = client("sqs")
    url = at.create_queue(QueueName=fresh("queue"))["QueueUrl"]
    at.send_message(QueueUrl=url, MessageBody="hello")
    assert [m["Body"] for m in at.receive_message(QueueUrl=url)["Messages"]] == ["hello"]
    refused("AWS.SimpleQueueService.NonExistentQueue", at.get_queue_url, QueueName=fresh("none"))


def sts_and_iam():
    arn = client("sts").get_caller_identity()["Arn"]
    at = client("iam")
    name = fresh("role")
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "sts:AssumeRole"}],
    }
    role = at.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    assert role["AssumeRolePolicyDocument"] == trust
    client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="session")
    refused("NoSuchEntity", at.get_role, RoleName=fresh("none"))
    refused("SignatureDoesNotMatch", client("sts", secret="wrong").get_caller_identity)


def kms_and_secrets():
    at = client("kms")
    key = at.create_key()["KeyMetadata"]["KeyId"]
    blob = at.encrypt(KeyId=key, Plaintext=b"text", EncryptionContext={"a": "b"})["CiphertextBlob"]
    assert at.decrypt(CiphertextBlob=blob, EncryptionContext={"a": "b"})["Plaintext"] == b"text"
    refused("InvalidCiphertextException", at.decrypt, CiphertextBlob=blob)
    secrets = client("secretsmanager")
    name = fresh("secret")
    secrets.create_secret(Name=name, SecretString="value", KmsKeyId=key)
    assert secrets.get_secret_value(SecretId=name)["SecretString"] == "value"
    ssm = client("ssm")
    ssm.put_parameter(Name=f"/{name}", Value="value", Type="SecureString", KeyId=key)
    assert ssm.get_parameter(Name=f"/{name}", WithDecryption=True)["Parameter"]["Value"] == "value"
    refused("ParameterNotFound", ssm.get_parameter, Name="/none")


def cognito():
    at = client("cognito-idp")
    pool = at.create_user_pool(PoolName=fresh("pool"), UsernameAttributes=["email"])["UserPool"]["Id"]
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"]
    made = at.create_user_pool_client(UserPoolId=pool, ClientName="app", ExplicitAuthFlows=flows)
    app = made["UserPoolClient"]["ClientId"]
    name, password = f"{fresh('user')}@example.com", "Correct-horse-7"
    at.admin_create_user(UserPoolId=pool, Username=name, MessageAction="SUPPRESS")
    at.admin_set_user_password(UserPoolId=pool, Username=name, Password=password, Permanent=True)

    def sign_in(text):
        return at.initiate_auth(
            ClientId=app,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": text},
        )

    assert sign_in(password)["AuthenticationResult"]["AccessToken"]
    refused("NotAuthorizedException", lambda: sign_in("Wrong-horse-7"))


def logs_and_metrics():
    at = client("logs")
    group = f"/{fresh('group')}"
    at.create_log_group(logGroupName=group)
    assert [g["logGroupName"] for g in at.describe_log_groups(logGroupNamePrefix=group)["logGroups"]] == [group]
    refused("ResourceAlreadyExistsException", at.create_log_group, logGroupName=group)
    metrics = client("cloudwatch")
    namespace = fresh("App")
    metrics.put_metric_data(Namespace=namespace, MetricData=[{"MetricName": "x", "Value": 1}])
    assert [m["MetricName"] for m in metrics.list_metrics(Namespace=namespace)["Metrics"]] == ["x"]


def network_and_balancers():
    at = client("ec2")
    vpc = at.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    assert at.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["CidrBlock"] == "10.9.0.0/16"
    refused("InvalidVpcID.NotFound", at.describe_vpcs, VpcIds=["vpc-0123456789abcdef0"])
    refused("LoadBalancerNotFound", client("elbv2").describe_load_balancers, Names=["none"])


def containers():
    at = client("ecs")
    cluster = fresh("cluster")
    at.create_cluster(clusterName=cluster)
    assert at.describe_clusters(clusters=[cluster])["clusters"][0]["status"] == "ACTIVE"
    refused("ClientException", at.describe_task_definition, taskDefinition=fresh("none"))
    refused("RepositoryNotFoundException", client("ecr").describe_repositories, repositoryNames=["none"])


def stacks():
    at = client("cloudformation")
    name = fresh("stack")
    at.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}))
    at.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    refused("ValidationError", at.describe_stacks, StackName=fresh("none"))


CASES = [
    s3,
    dynamodb,
    sqs,
    sts_and_iam,
    kms_and_secrets,
    cognito,
    logs_and_metrics,
    network_and_balancers,
    containers,
    stacks,
]
results = {}
for case in CASES:
    try:
        case()
        results[case.__name__] = "passed"
    except Exception as error:  # pylint: disable=broad-except
        results[case.__name__] = f"{type(error).__name__}: {error}"
print(json.dumps(results))
