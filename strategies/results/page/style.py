"""How the page looks: colours as variables, light and dark, one column on a phone and two or three elsewhere."""

_LIGHT = (
    "--paper:#fff;--card:#fafafa;--line:#e0e0e0;--ink:#1c1c1e;--quiet:#5c5c60;--pale:#dcdcdc;--gray:#7a7a7a;"
    "--blue:#0072b2;--red:#d55e00;--green:#009e73;--amber:#e69f00;--sky:#56b4e9;--pink:#cc79a7"
)
_DARK = (
    "--paper:#14141a;--card:#1c1c20;--line:#34343a;--ink:#ececf0;--quiet:#a6a6ae;--pale:#3a3a40;--gray:#9a9aa2;"
    "--blue:#4aa8e0;--red:#ff8a4a;--green:#2ec79b;--amber:#f0b73a;--sky:#8fd0f5;--pink:#e3a3c6"
)
STYLE = (
    f":root{{{_LIGHT}}}@media(prefers-color-scheme:dark){{:root{{{_DARK}}}}}"
    "body{font:15px/1.45 system-ui,sans-serif;max-width:82em;margin:1.5em auto;padding:0 1em;"
    "color:var(--ink);background:var(--paper)}h1{font-size:1.5em}h2{font-size:1.2em;margin-top:2em;"
    "border-top:1px solid var(--line);padding-top:.8em;overflow-wrap:anywhere}"
    ".grid{display:grid;gap:1em;grid-template-columns:repeat(auto-fit,minmax(min(100%,25em),1fr))}"
    ".card{padding:.7em;background:var(--card);border:1px solid var(--line);border-radius:.5em}"
    "h3{font-size:1em;margin:0 0 .2em}figure{margin:0}"
    "svg{width:100%;height:auto;display:block}figcaption{color:var(--quiet);font-size:.87em;margin-top:.5em;"
    "overflow-wrap:anywhere}ul{padding-left:1.2em;color:var(--quiet)}"
    ".tiles{display:grid;gap:.6em;grid-template-columns:repeat(auto-fit,minmax(8.5em,1fr));margin:1em 0}"
    ".tiles div{padding:.5em .7em;background:var(--card);border:1px solid var(--line);border-radius:.5em}"
    ".tiles span{display:block;color:var(--quiet);font-size:.8em}.tiles strong{font-size:1.15em}"
    "details{margin:1em 0}summary{cursor:pointer;color:var(--quiet)}.wide{overflow-x:auto;margin:1em 0}"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums}td,th{padding:.2em .8em;text-align:right;"
    "white-space:nowrap;border-bottom:1px solid var(--line)}"
    "th{white-space:normal;overflow-wrap:anywhere;max-width:14em}"
    "td:first-child,th:first-child{text-align:left;padding-left:0}"
)
