/** How the page looks: light or dark as the reader's machine is set, on a telephone as on a desk, on paper without what only a screen has. */
export const style = `
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--line:#d0d7de;--ground:#fff;--raised:#f6f8fa;--link:#0550ae;--button:#0b3d66;--on-button:#fff;--bad:#a40e26;--warn:#fff4d6;--warn-line:#d4a72c}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9aa4af;--line:#30363d;--ground:#0d1117;--raised:#161b22;--link:#79c0ff;--button:#a5d6ff;--on-button:#0d1117;--bad:#ff8f87;--warn:#2b2311;--warn-line:#8a6d1d}}
*{box-sizing:border-box}
body{margin:0;font:1rem/1.55 system-ui,sans-serif;color:var(--ink);background:var(--ground)}
a{color:var(--link)}
.page{max-width:44rem;margin:0 auto;padding:0 1.25rem 4rem}
header{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;justify-content:space-between;align-items:baseline;padding:1.25rem 0 .75rem;border-bottom:1px solid var(--line)}
header strong{letter-spacing:.02em}
.languages a{margin-left:1rem}.languages [aria-current]{font-weight:600;color:var(--ink);text-decoration:none}
h1{margin:2rem 0 .75rem;font-size:1.6rem;line-height:1.25}
h2{margin:2rem 0 .5rem;font-size:1.15rem}h3{margin:1.25rem 0 .35rem;font-size:1rem}
p{margin:.5rem 0}
dl{display:grid;align-items:baseline;grid-template-columns:max-content minmax(0,1fr);gap:.3rem 1.25rem;margin:1.25rem 0;padding:1rem 1.25rem;border:1px solid var(--line);border-radius:.5rem;background:var(--raised)}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
@media (max-width:36rem){dl{grid-template-columns:1fr;gap:0}dd+dt{margin-top:.6rem}}
.test{display:inline-block;padding:0 .5rem;border:1px solid var(--warn-line);border-radius:.25rem;background:var(--warn);font-size:.85rem}
.notice{margin:1.25rem 0;padding:.75rem 1rem;border:1px solid var(--line);border-left:.3rem solid var(--link);border-radius:.35rem}
.notice.bad{border-left-color:var(--bad)}.notice.once{border-color:var(--warn-line);background:var(--warn)}
form{margin:1.25rem 0}
label{display:block;margin-bottom:.35rem;font-weight:600}
input{width:11rem;max-width:100%;padding:.55rem .75rem;border:1px solid var(--soft);border-radius:.35rem;font:1.4rem/1.2 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;letter-spacing:.2em;color:var(--ink);background:var(--ground)}
button{padding:.7rem 1.25rem;border:1px solid var(--button);border-radius:.35rem;font:600 1rem/1.2 system-ui,sans-serif;color:var(--on-button);background:var(--button);cursor:pointer}
button.other{color:var(--button);background:none}
input+button{display:block;margin-top:.9rem}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.soft{color:var(--soft);font-size:.9rem}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.9em}
code{overflow-wrap:anywhere}.secret{font-size:clamp(.8rem,4.4vw,1.15rem);font-weight:600;letter-spacing:.04em}
pre{margin:.5rem 0 1rem;padding:.75rem 1rem;border:1px solid var(--line);border-radius:.35rem;background:var(--raised);white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.45}
@media print{.languages,form{display:none}}
`;
