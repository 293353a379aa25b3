"""The report's script, by node, on a document that has only what it asks for."""

import json
import shutil
import subprocess
from importlib import resources

import pytest

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="no node on the PATH")


def by_node(script, *arguments):
    """What the script prints, as JSON; its first argument is the report's own script."""
    path = resources.files("results.report") / "static" / "report.js"
    call = [NODE, "-e", script, str(path), *arguments]
    return json.loads(subprocess.run(call, check=True, capture_output=True, text=True).stdout)


SORT = """
const fs = require("fs"), vm = require("vm");
globalThis.document = {querySelectorAll: () => [], querySelector: () => null, getElementById: () => null};
globalThis.location = {search: "", hash: ""};
globalThis.window = {addEventListener: () => {}};
vm.runInThisContext(fs.readFileSync(process.argv[1], "utf8"));
const cell = (text) => ({textContent: text, dataset: {}});
const rows = JSON.parse(process.argv[2]).map((text) => ({cells: [cell(text)]}));
const heading = {cellIndex: 0, now: null, getAttribute() { return this.now },
  setAttribute(_, value) { this.now = value }, removeAttribute() { this.now = null }};
const body = {get rows() { return [...rows] },
  append(row) { rows.splice(rows.indexOf(row), 1); rows.push(row) }};
const table = {tBodies: [body], tHead: {rows: [{cells: [heading]}]}};
const shown = () => rows.map((row) => row.cells[0].textContent);
sortBy(table, heading); const up = shown(); sortBy(table, heading);
console.log(JSON.stringify([up, shown()]));
"""


def test_sorting_by_numbers_then_words():
    cells = ["9.5 ± 1", "—", "10.1 [9, 11]", "−2.0", "abc"]
    up, down = by_node(SORT, json.dumps(cells))
    assert up[:3] == ["−2.0", "9.5 ± 1", "10.1 [9, 11]"]
    assert down[-3:] == up[2::-1]


FILTER = """
const fs = require("fs"), vm = require("vm");
const item = (kind, text) => ({dataset: {kind}, textContent: text, hidden: false});
const items = [item("local right", "Wave"), item("both wrong", "wave"), item("local right", "jump")];
const box = (dataset) => ({value: "", dataset, addEventListener(_, apply) { this.apply = apply }});
const boxes = [box({field: "kind"}), box({})], counter = {};
globalThis.document = {
  querySelectorAll: (wanted) =>
    wanted === '[data-for="videos"]' ? boxes : wanted.startsWith("#videos") ? items : [],
  querySelector: (wanted) => wanted === '[data-count="videos"]' ? counter : null, getElementById: () => null};
globalThis.location = {search: "", hash: ""};
globalThis.window = {addEventListener: () => {}};
vm.runInThisContext(fs.readFileSync(process.argv[1], "utf8"));
filter("videos");
const states = [], look = () => states.push([items.map((each) => !each.hidden), counter.textContent]);
look(); boxes[0].value = "local right"; boxes[0].apply(); look();
boxes[1].value = "WAVE"; boxes[1].apply(); look(); boxes[0].value = ""; boxes[0].apply(); look();
console.log(JSON.stringify(states));
"""


def test_filters_hide_what_does_not_fit():
    assert by_node(FILTER) == [
        [[True, True, True], "3 of 3 shown"],
        [[True, False, True], "2 of 3 shown"],
        [[True, False, False], "1 of 3 shown"],
        [[True, True, False], "2 of 3 shown"],
    ]
