"""web/reference/, the page at /v1/docs: its reader of YAML against PyYAML, and what it shows of docs/openapi.yaml."""

import html.parser
import json
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
NODE = shutil.which("node") or shutil.which("nodejs")


class Loader(yaml.SafeLoader):
    """Words as YAML 1.2 reads them: `on` and dates are text."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in all if not tag.endswith((":timestamp", ":bool"))]
    for first, all in yaml.SafeLoader.yaml_implicit_resolvers.items()}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), "tf")


def read_all(texts):
    """What the page makes of each."""
    done = subprocess.run([NODE, str(ROOT / "tests/web/reference_in_node.mjs")], input=json.dumps(texts), capture_output=True, text=True,
                          timeout=50, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return zip(texts, json.loads(done.stdout), strict=True)


def read(text):
    (_, shown), = read_all([text])
    return shown


def by_pyyaml(text):
    return json.loads(json.dumps(yaml.load(text, Loader)))


class Anchors(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.ids, self.targets, self.open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.ids += [given["id"]] if "id" in given else []
        self.targets += [given["href"][1:]] if given.get("href", "").startswith("#") else []
        self.open.append(tag)

    def handle_endtag(self, tag):
        if self.open.pop() != tag:
            raise AssertionError(f"</{tag}> at {self.getpos()} closes nothing")


class Reading(unittest.TestCase):
    def test_our_descriptions_are_read_as_pyyaml_reads_them(self):
        for text, got in read_all([(ROOT / f"docs/{name}.yaml").read_text() for name in ("openapi", "asyncapi")]):
            self.assertNotIn("wrong", got)
            self.assertEqual(got["value"], by_pyyaml(text))

    def test_every_shape_that_it_knows(self):
        texts = ("a: 1\nb: [1, 2.5, x y, 'it''s', \"q\\n\\u00fc\"]\n", "- a\n- b: c\n  d: e\n-\n  - f\n  - - g\n", "a:\n- b\n- c\nd: null\n",
                 "a: |\n  one\n    two\n\n  three\nb: >\n  one\n  two\n\n  three\nc: >-\n  x\nd: |+\n  y\n\ne: z\n", "a: one\n  two\nb: 'x\n  y'\n",
                 "a: {b: [c, {d: e}],\n    f: 'g, h', \"i j\": k}  # said\n# more\nl: m#n\n", "'a b': \"c: d\"\n\"e\": f:g\n", "a: {b: , c}\n",
                 "a: https://x.example/y\nb: '3'\nc: -7\nd: 1e3\ne: true\nf: ~\ng: ''\n", "a: [\n  b,\n  c,\n]\n", "plain\n", "[]\n", "a:\n  b:\n\nc: d\n")
        for text, got in read_all(texts):
            self.assertEqual(got.get("value"), by_pyyaml(text), text)

    def test_what_it_does_not_know_it_refuses_with_the_line(self):
        texts = ("a: 1\nb: &x 2\n", "a: 1\nb: *x\n", "a: 1\nb: !!str 2\n", "a: 1\n  b: 2\n", "a: 1\na: 2\n", "a: 1\n[b, c\n", "a: 1\nb: 'x\n")
        for text, got in read_all(texts):
            self.assertRegex(got.get("wrong", "nothing is wrong with"), r"^line \d", text)


class Showing(unittest.TestCase):
    def test_every_call_and_schema_is_shown_and_no_link_leads_nowhere(self):
        text = (ROOT / "docs/openapi.yaml").read_text()
        spec, shown = by_pyyaml(text), read(text)
        anchors = Anchors(shown["contents"] + shown["page"])
        calls = {call["operationId"] for item in spec["paths"].values() for call in item.values() if isinstance(call, dict)}
        schemas = {f"schema-{name}" for name in spec["components"]["schemas"]}
        self.assertEqual(sorted(anchors.ids), sorted(calls | schemas))
        self.assertLessEqual(set(anchors.targets), calls | schemas)
        self.assertEqual([word for word in ("undefined", "[object", "NaN") if word in shown["page"]], [])

    def test_nothing_of_the_description_becomes_markup(self):
        hostile = "<img src=x onerror=alert(1)> \"'&"
        spec = {"openapi": "3.1.0", "info": {"title": hostile, "version": hostile, "description": hostile + " `" + hostile + "` | x"},
                "tags": [{"name": hostile, "description": hostile}], "components": {"schemas": {"s": {"description": hostile, "properties": {
                    hostile: {"enum": [hostile], "description": hostile, "pattern": hostile}}}}},
                "paths": {"/" + hostile: {"post": {"operationId": hostile, "tags": [hostile], "summary": hostile, "parameters": [
                    {"name": hostile, "in": hostile, "schema": {"const": hostile}}], "requestBody": {"content": {hostile: {"example": hostile}}},
                    "responses": {"200": {"description": hostile, "content": {hostile: {"schema": {"type": hostile}}}}}}}}}
        shown = read(json.dumps(spec))
        self.assertNotIn("wrong", shown)
        for part in ("contents", "page"):
            self.assertNotIn("<img", shown[part])

    def test_a_reference_that_leads_nowhere_is_said(self):
        spec = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/x": {"get": {"operationId": "x", "responses": {
            "200": {"$ref": "#/components/responses/gone"}}}}}}
        self.assertIn("#/components/responses/gone", read(json.dumps(spec))["wrong"])


if __name__ == "__main__":
    if NODE is None:
        print("skipped: node is not installed", file=sys.stderr)
        sys.exit(77)
    unittest.main(verbosity=2)
