"""How a widget looks: colours that everyone can tell apart, on a light and on a dark page, wide and on a phone."""

# Okabe and Ito's colours (jfly.uni-koeln.de/color), shifted until each has a contrast of 3:1 at least against white
# and against #121212: if the page's theme is not recognised, everything can still be seen.
LIGHT = {"c0": "#0072b2", "c1": "#d55e00", "c2": "#008f68", "c3": "#b8609a", "c4": "#7a7a7a", "neg": "#005b96", "pos": "#c04e00"}
DARK = {"c0": "#56b4e9", "c1": "#f28e2b", "c2": "#1fbf92", "c3": "#dd94bd", "c4": "#a5a5a5", "neg": "#56b4e9", "pos": "#f28e2b"}

# Who says "dark": the book's theme, JupyterLab, Colab, VS Code. A page that says nothing is light.
_DARK_PAGES = ('html[data-theme="dark"]', 'body[data-jp-theme-light="false"]', 'html[theme="dark"]', "body.vscode-dark")


def _variables(colours: dict[str, str]) -> str:
    return "{" + "".join(f"--{name}:{colour};" for name, colour in colours.items()) + "}"


def rules(css: str) -> str:
    """``&`` is the widget; lines are joined."""
    return "".join(line.strip() for line in css.splitlines()).replace("&", ".dynlib-explore")


CSS = (
    f".dynlib-explore{_variables(LIGHT)}"
    f"{','.join(f'{page} .dynlib-explore' for page in _DARK_PAGES)}{_variables(DARK)}"
    + rules("""
&{container-type:inline-size;width:100%;margin:1em 0;line-height:1.4}
& p{margin:0}
& .title{font-weight:600;font-size:1.05em}
& .head{font-weight:600;font-size:.9em}
& form{margin:.5em 0}
& fieldset{border:0;margin:0;padding:0;min-width:0;display:grid;
grid-template-columns:max-content minmax(8em,22em) minmax(6em,1fr);gap:.2em .9em;align-items:center}
& .setting,& .setting>label{display:contents}
& input[type=range]{width:100%;margin:0;height:28px;accent-color:var(--c0);touch-action:pan-y}
& output{font-variant-numeric:tabular-nums}
& .radios{grid-column:2/-1;display:flex;flex-wrap:wrap;gap:0 1.4em}
& .radios label{display:flex;align-items:center;gap:.4em;margin:0;min-height:28px}
& input[type=radio]{width:1.1em;height:1.1em;margin:0;accent-color:var(--c0)}
& .panels{display:grid;gap:.6em 1em;align-items:end}
& .of1{max-width:440px}
& .of1 svg{font-size:130px}
& .wide{max-width:640px}
& .of2{grid-template-columns:1fr 1fr;max-width:1000px}
& .key{display:flex;flex-wrap:wrap;gap:0 1.2em;list-style:none;margin:0 0 .15em;padding:0;font-size:.85em}
& .key li{display:flex;align-items:center;gap:.4em;margin:0}
& .key svg{width:34px;height:12px;flex:none}
& .words{margin-top:.3em}
& svg{display:block;width:100%;height:auto;overflow:visible}
& .of2 svg{font-size:145px}
& .wide svg{font-size:125px}
& svg text{fill:currentColor}
& path,& .circle{fill:none;stroke:currentColor;stroke-width:10}
& .grid{stroke-opacity:.14}
& .rule{stroke-opacity:.55}
& .circle{stroke-opacity:.55}
& .s0{stroke:var(--c0)}& .s1{stroke:var(--c1)}& .s2{stroke:var(--c2)}& .s3{stroke:var(--c3)}& .s4{stroke:var(--c4)}
& [class*=dash]{stroke-width:20;stroke-linejoin:round}
& .dash1{stroke-dasharray:75 35}& .dash2{stroke-dasharray:25 25}
& .dash3{stroke-dasharray:110 35 25 35}& .dash4{stroke-dasharray:150 60}
& .dot{stroke-width:70;stroke-linecap:round}
& .glyph{stroke-width:18}
& .area{fill:currentColor;fill-opacity:.16;stroke-opacity:.4}
& [data-cells] path{stroke-width:1;shape-rendering:crispEdges}
& path.neg{stroke:var(--neg)}& path.pos{stroke:var(--pos)}
& stop.neg{stop-color:var(--neg)}& stop.pos{stop-color:var(--pos)}
& path.gap{stroke-opacity:.25}
& .bars path{stroke-width:.66}
& .edge,& .column{fill:none;stroke:currentColor;stroke-opacity:.55;vector-effect:non-scaling-stroke;stroke-width:1px}
& .column{stroke-opacity:1;stroke-width:2px}
& .hit{fill:transparent;touch-action:pan-y}
&:has(fieldset:enabled) .hit{cursor:pointer}
@container (max-width:520px){
& fieldset{display:block}
& .setting{display:grid;grid-template-columns:1fr max-content}
& input[type=range]{order:1;grid-column:1/-1;height:44px}
& .radios{grid-column:1/-1}& .radios label{min-height:44px}
& .of2{grid-template-columns:minmax(0,1fr)}
& .wide svg{font-size:165px}}
""")
)
