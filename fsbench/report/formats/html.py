"""HTML: one page that stands alone, with its style inside and nothing to load."""

from collections.abc import Sequence

from jinja2 import Environment, StrictUndefined

from fsbench.report.formats.columns import DASH, Sheet, sheet
from fsbench.report.model import Table

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{{ tables[0].title }}</title>
<style>
:root { color-scheme: light dark; --ink: #1a1a1a; --page: #fff; --faint: #666; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e4e4; --page: #16181b; --faint: #a0a0a0; } }
body { font-family: sans-serif; margin: 2em; color: var(--ink); background: var(--page); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: bold; padding: .6em 0; white-space: nowrap; }
th, td { padding: .2em .6em; text-align: right; white-space: nowrap; vertical-align: bottom; }
th:first-child { text-align: left; }
tbody th { font-weight: normal; }
thead tr:first-child > * { border-top: 2px solid; }
thead tr:last-child > * { border-bottom: 1px solid; }
tbody tr:last-child > * { border-bottom: 2px solid; }
th.group { text-align: center; }
th button { all: unset; cursor: pointer; }
th button:focus-visible { outline: 2px solid; }
th[aria-sort=ascending] button::after { content: " \\25B2"; }
th[aria-sort=descending] button::after { content: " \\25BC"; }
.best { font-weight: bold; }
.second { text-decoration: underline; }
.notes { font-size: smaller; color: var(--faint); max-width: 60em; overflow-wrap: anywhere; }
</style>
</head>
<body>
{%- for table in tables %}
<div class="wide">
<table>
<caption>{{ table.title }}</caption>
<thead>
{%- if table.groups[0].title %}
<tr><td></td>
{%- for group in table.groups %}
{%- if group.title %}
<th class="group" colspan="{{ group.columns|length }}" scope="colgroup">{{ group.title }}</th>
{%- else %}
<td colspan="{{ group.columns|length }}"></td>
{%- endif %}
{%- endfor %}</tr>
{%- endif %}
<tr><th scope="col"><button>Method</button></th>
{%- for group in table.groups %}{% for column in group.columns %}<th scope="col"><button>{{ column.label }}
{%- if column.unit %} ({{ column.unit }}){% endif %}</button></th>{% endfor %}{% endfor %}</tr>
</thead>
<tbody>
{%- for label in table.labels %}{% set r = loop.index0 %}
<tr><th scope="row">{{ label }}</th>
{%- for group in table.groups %}{% for column in group.columns %}<td
{%- if column.ranks[r] %} class="{{ classes[column.ranks[r]] }}"{% endif %}>
{%- if column.cells[r] == dash %}&ndash;{% else %}{{ column.cells[r] }}{% endif %}</td>
{%- endfor %}{% endfor %}</tr>
{%- endfor %}
</tbody>
</table>
</div>
<ul class="notes">
{%- for note in table.notes %}
<li>{{ note }}</li>
{%- endfor %}
{%- for title, signature in table.signatures %}
<li>{% if title %}{{ title }}: measured{% else %}Measured{% endif %} as <code>{{ signature }}</code>.</li>
{%- endfor %}
</ul>
{%- endfor %}
<script>
for (const button of document.querySelectorAll("th button")) button.onclick = () => {
  const head = button.parentElement, body = head.closest("table").tBodies[0], at = head.cellIndex;
  const sign = head.ariaSort === "ascending" ? -1 : 1;
  for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
  head.ariaSort = sign > 0 ? "ascending" : "descending";
  const key = row => at ? parseFloat(row.cells[at].textContent) : row.cells[0].textContent;
  const compare = (a, b) => at ? sign * (a - b) : sign * a.localeCompare(b);
  const absent = value => Number.isNaN(value);  // without a score: always last
  const order = (a, b) => absent(a) || absent(b) ? absent(a) - absent(b) : compare(a, b);
  body.append(...[...body.rows].sort((a, b) => order(key(a), key(b))));
};
</script>
</body>
</html>
"""


def write(tables: Sequence[Table | Sheet]) -> str:
    """Write a page with the tables below each other, sortable by their headings; texts from runs are escaped."""
    template = Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True).from_string(_PAGE)
    return template.render(tables=list(map(sheet, tables)), classes={1: "best", 2: "second"}, dash=DASH)
