"""`make check-sbom`: every bill of materials below .clarity/image against CycloneDX's own schema, at its strictest.

Exit code 1 names the file and what is wrong in it, or says that there is none to check.
"""

import json
import sys
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

failed = False
files = sorted(Path(".clarity/image").glob("*.cdx.json"))
for file in files:
    text = file.read_text()
    bill = json.loads(text)
    version = SchemaVersion.from_version(bill["specVersion"])
    wrong = JsonStrictValidator(version).validate_str(text)
    failed = failed or wrong is not None
    print(f"{'✗' if wrong else '✓'} {file}: CycloneDX {bill['specVersion']}, {len(bill['components'])} components")
    if wrong:
        print(f"  {wrong.data.json_path}: {wrong.data.message[:500]}")
if not files:
    print("there is no bill of materials; do next: make image")
sys.exit(1 if failed or not files else 0)
