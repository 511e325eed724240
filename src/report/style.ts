/** The style sheet of a report: light, dark, narrow and printed. @module */

/** The style sheet. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#f6f5f1, #101317);
  --sheet: light-dark(#fff, #171b21);
  --ink: light-dark(#15181d, #ecebe6);
  --soft: light-dark(#585d66, #a2a8b1);
  --line: light-dark(#dddad2, #2a2f37);
  --blue: light-dark(#0b5cad, #66b0ff);
  --orange: light-dark(#bf5409, #f39b4f);
  --green: light-dark(#2a7a3b, #6fc683);
}
* { box-sizing: border-box; }
body {
  max-width: 68rem; margin: auto; padding: 1rem clamp(0.75rem, 3vw, 2rem) 3rem;
  background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere;
}
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0.5rem 0; }
h2 { font-size: 1.125rem; margin: 0 0 0.5rem; }
h3 { font-size: 1rem; margin: 1rem 0 0.25rem; }
p { margin: 0.25rem 0 0.75rem; max-width: 44rem; }
a { color: var(--blue); }
section {
  margin: 1rem 0; padding: 1rem clamp(0.75rem, 3vw, 1.5rem);
  background: var(--sheet); border: 1px solid var(--line); border-radius: 0.5rem;
}
.soft, figcaption, caption, th, footer { color: var(--soft); font-weight: 400; }
figcaption, caption, table, summary, footer, pre { font-size: 0.875rem; }
figure { margin: 0; }
.chart strong { display: block; color: var(--ink); }
dl.scores { display: flex; flex-wrap: wrap; gap: 0.5rem 2rem; margin: 0; }
dl.scores dt { color: var(--soft); font-size: 0.875rem; }
dl.scores dd { margin: 0; font-size: 1.25rem; font-weight: 650; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 1rem; }
.chart { max-width: 34rem; }
.chart > svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--soft); font: 11px system-ui, sans-serif; }
svg .x { text-anchor: middle; }
svg .y { text-anchor: end; }
.grid { stroke: var(--line); fill: none; }
.axis { stroke: var(--soft); fill: none; }
.line0, .line1, .line2 { fill: none; stroke-width: 2; stroke-linejoin: round; }
.line0 { stroke: var(--blue); }
.line1 { stroke: var(--orange); stroke-dasharray: 6 3; }
.line2 { stroke: var(--green); stroke-dasharray: 2 3; }
.dot0, .point { fill: var(--blue); }
.dot1 { fill: var(--orange); }
.dot2 { fill: var(--green); }
.point { opacity: 0.5; }
.bar { fill: var(--blue); opacity: 0.7; }
.ideal { stroke: var(--ink); stroke-dasharray: 4 4; fill: none; }
.key { white-space: nowrap; margin-right: 0.75rem; }
.key svg { width: 24px; height: 8px; }
.scrolled { overflow-x: auto; }
table { border-collapse: collapse; }
caption { text-align: left; padding-bottom: 0.25rem; }
th, td { padding: 0.2rem 0.5rem; text-align: right; border-bottom: 1px solid var(--line); overflow-wrap: normal; }
th.text, td.text { text-align: left; }
td.text { min-width: 7rem; }
tbody th { color: var(--ink); max-width: 16rem; overflow-wrap: anywhere; }
table.matrix :is(td, th) { text-align: center; padding: 0.2rem 0.35rem; min-width: 1.75rem; }
.none { color: var(--soft); }
.right, .wrong { background: color-mix(in srgb, var(--shade) calc(var(--share) * 0.4), var(--sheet)); }
.right { --shade: var(--blue); }
.wrong { --shade: var(--orange); }
.strength { display: block; height: 0.6rem; width: var(--share); background: var(--blue); }
img { image-rendering: pixelated; display: block; }
img.matrix { width: min(100%, 40rem); height: auto; }
.pictures { display: flex; flex-wrap: wrap; gap: 0.75rem; list-style: none; margin: 0; padding: 0; }
.pictures li { width: 6rem; font-size: 0.8125rem; }
.pictures img { width: 100%; height: auto; border: 1px solid var(--line); }
.pictures figcaption { font-size: inherit; line-height: 1.35; margin-top: 0.2rem; }
.pictures figcaption span { display: block; }
.pictures.units li { width: 4.5rem; }
b { color: var(--ink); font-weight: 650; }
.confusions { margin: 0; padding-left: 1.5rem; }
summary { cursor: pointer; color: var(--blue); margin: 0.75rem 0 0.25rem; }
pre { overflow-x: auto; padding: 0.5rem 0.75rem; background: var(--paper); border: 1px solid var(--line); }
code { font-family: ui-monospace, monospace; }
@media (forced-colors: active) { svg, .right, .wrong, .strength { forced-color-adjust: none; } }
@media print {
  :root { color-scheme: light; --paper: #fff; }
  @page { margin: 15mm; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { font-size: 10pt; padding: 0; max-width: none; }
  section { border: 0; border-top: 1px solid var(--line); border-radius: 0; padding: 0.5rem 0; }
  figure, tr, li { break-inside: avoid; }
  h2, h3, summary, caption { break-after: avoid; }
  details::details-content { content-visibility: visible; height: auto; }
  .scrolled, pre { overflow: visible; }
  pre { white-space: pre-wrap; }
  .charts { grid-template-columns: 1fr 1fr; }
}
`;
