/** How the page looks: light or dark as the reader's machine is set, in one column where there is no room for two. */
export const style = `
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--line:#d0d7de;--ground:#fff;--raised:#f6f8fa;--link:#0550ae;--good:#116329;--bad:#a40e26;--mark:#0b3d66}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9aa4af;--line:#30363d;--ground:#0d1117;--raised:#161b22;--link:#79c0ff;--good:#56d364;--bad:#ff8f87;--mark:#a5d6ff}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem}
body{margin:0;font:1rem/1.55 system-ui,sans-serif;color:var(--ink);background:var(--ground)}
a{color:var(--link)}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.875em}
code{overflow-wrap:anywhere}
.frame{display:grid;gap:0 3rem;max-width:76rem;margin:0 auto;padding:0 1.25rem}
@media (min-width:62rem){.frame{grid-template-columns:17rem minmax(0,1fr)}nav{position:sticky;top:0;max-height:100vh;overflow:auto}}
header,nav,main{min-width:0}
header{grid-column:1/-1;padding:2rem 0 1rem;border-bottom:1px solid var(--line)}
header h1{margin:0 0 .5rem;font-size:1.7rem;line-height:1.2}
header p{max-width:46rem;margin:.25rem 0;color:var(--soft)}
.languages a{margin-right:1rem}.languages [aria-current]{font-weight:600;color:var(--ink);text-decoration:none}
nav{padding:1rem 0;font-size:.9rem}
nav ol{list-style:none;margin:0 0 1rem;padding:0}nav li{margin:.15rem 0}nav a{text-decoration:none}nav a:hover{text-decoration:underline}
nav strong{display:block;margin:.75rem 0 .25rem}
main{padding:1rem 0 4rem}
h2{margin:2.5rem 0 .5rem;font-size:1.45rem;line-height:1.25}h2:first-child{margin-top:.5rem}
h3{margin:2.25rem 0 .5rem;font-size:1.1rem;color:var(--soft)}
h4{margin:0 0 .25rem;font-size:1.05rem}h5{margin:1.25rem 0 .35rem;font-size:.95rem}h6{margin:.75rem 0 .25rem;font-size:.85rem;color:var(--soft)}
p{margin:.5rem 0}
section.operation{margin:1.25rem 0;padding:1.25rem;border:1px solid var(--line);border-radius:.5rem;background:var(--raised)}
section[id]:target{outline:2px solid var(--link);outline-offset:.25rem}
.method{display:inline-block;padding:.05rem .5rem;border:1px solid var(--mark);border-radius:.25rem;color:var(--mark);font-size:.8rem;font-weight:700}
.summary{font-weight:600}
.note,.kind,.media{color:var(--soft);font-size:.875rem}
dl{margin:.25rem 0}.entry{padding:.5rem 0;border-top:1px solid var(--line)}dt{display:flex;flex-wrap:wrap;gap:.1rem .75rem;align-items:baseline}
dt>code{font-weight:600;color:var(--ink)}dd{margin:.1rem 0 0}dd p{margin:.1rem 0}dd dl{margin-left:1.25rem}.pattern{color:var(--soft);font-size:.8rem}
.answer{padding:.45rem 0;border-top:1px solid var(--line)}summary{cursor:pointer}details[open]>summary{margin-bottom:.5rem}
.status{font-weight:700}.good{color:var(--good)}.bad{color:var(--bad)}
figure{margin:.5rem 0}figcaption{color:var(--soft);font-size:.85rem}
pre{margin:.25rem 0;padding:.75rem;overflow-x:auto;border:1px solid var(--line);border-radius:.35rem;background:var(--ground);line-height:1.4}pre code{overflow-wrap:normal}
main section:not(.operation){margin:1.5rem 0}
@media print{nav{display:none}.frame{display:block}section.operation{break-inside:avoid;background:none}}
`;
