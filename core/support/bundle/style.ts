/** The page's style sheet, and the policy that lets nothing else in. */
import { hash } from 'node:crypto';

export const STYLE = `
:root{color-scheme:light dark;--paper:#f6f7f9;--card:#fff;--ink:#17202b;--soft:#556171;--line:#dfe3e9;--head:#eef1f5;--brand:#1f4f7a;--onbrand:#fff;--created:#2a7f5f;--updated:#2f6db5;--deleted:#7a5aa8;--held:#b3730a;--failed:#c0362c;--chip:#e9edf2;--bad:#fbe6e4;--badink:#962017;--warn:#fcf0d8;--warnink:#7a4d00;--good:#e0f2ea;--goodink:#14603f}
@media (prefers-color-scheme:dark){:root{--paper:#12161c;--card:#1a2029;--ink:#e7ebf0;--soft:#a3afbd;--line:#303a46;--head:#222a35;--brand:#16293c;--onbrand:#eaf2fa;--created:#4fb58d;--updated:#6aa5ea;--deleted:#b195de;--held:#e0a23c;--failed:#ee7166;--chip:#2a3340;--bad:#4a211f;--badink:#ffb8b1;--warn:#443312;--warnink:#f4cf86;--good:#173a2c;--goodink:#9ddfc0}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
a{color:inherit}
.skip{position:absolute;left:-999px}
.skip:focus{left:12px;top:12px;background:var(--card);color:var(--ink);padding:8px 12px;z-index:1}
.top{background:var(--brand);color:var(--onbrand);border-bottom:1px solid var(--line)}
.in{max-width:1440px;margin:0 auto;padding:0 24px}
.top .in{padding-top:26px;padding-bottom:20px}
h1{margin:0;font-size:26px;line-height:1.2;letter-spacing:-.01em}
.top p{margin:6px 0 0;opacity:.92}
nav ul{display:flex;flex-wrap:wrap;gap:6px 20px;list-style:none;margin:14px 0 0;padding:0;font-size:14px}
section{margin:30px 0 0}
h2{font-size:19px;margin:0 0 12px}
h3{font-size:16px;margin:0 0 10px}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:18px 20px;margin:0 0 16px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:0;padding:0;list-style:none}
.tile{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 16px}
.tile strong{display:block;font-size:26px;line-height:1.2;font-weight:650;font-variant-numeric:tabular-nums}
.tile span{color:var(--soft);font-size:14px}
.note{color:var(--soft);font-size:14px;max-width:92ch;margin:14px 0 0}
.wide{overflow-x:auto;border:1px solid var(--line);border-radius:10px;background:var(--card)}
.wide:focus-visible,summary:focus-visible,a:focus-visible{outline:3px solid var(--updated);outline-offset:2px}
table{border-collapse:collapse;width:100%;font-size:13.5px}
caption{text-align:left;padding:12px 14px;color:var(--soft)}
th,td{padding:8px 9px;text-align:left;vertical-align:top;border-top:1px solid var(--line)}
thead th{background:var(--head);font-weight:600}
tbody th{font-weight:600}
.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.nil{color:var(--soft)}
.keep{white-space:nowrap}
.sub{display:block;color:var(--soft);font-size:13px;font-weight:400}
code{font:12.5px/1.4 ui-monospace,"Cascadia Mono",Consolas,Menlo,monospace;overflow-wrap:anywhere}
td code{overflow-wrap:normal}
.what{min-width:190px}
.place{min-width:225px}
.when{white-space:nowrap}
.chip{display:inline-block;background:var(--chip);border-radius:999px;padding:1px 9px;font-size:13px;white-space:nowrap;margin:0 4px 4px 0}
.bad{background:var(--bad);color:var(--badink)}
.warn{background:var(--warn);color:var(--warnink)}
.good{background:var(--good);color:var(--goodink)}
.refs{display:flex;flex-direction:column;gap:2px}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(250px,1fr));gap:12px 28px;margin:0}
dt{color:var(--soft);font-size:13px}
dd{margin:0;overflow-wrap:anywhere}
.long{grid-column:1/-1}
details{margin-top:14px;border-top:1px solid var(--line);padding-top:12px}
summary{cursor:pointer;font-weight:600}
details .wide{margin-top:12px}
svg{display:block}
.chart{width:100%;max-width:1100px;height:auto;margin-bottom:14px}
.spark{width:70px;height:24px}
.axis{stroke:var(--line);stroke-width:1}
.label{fill:var(--ink);font-size:13px}
.tick{fill:var(--soft);font-size:12px}
.created{fill:var(--created)}.updated{fill:var(--updated)}.deleted{fill:var(--deleted)}.held{fill:var(--held)}.failed{fill:var(--failed)}.plain{fill:var(--soft)}
footer{margin:34px 0;color:var(--soft);font-size:14px}
@media print{body{background:#fff}.top{background:#fff;color:#000}.wide{overflow:visible}nav{display:none}}
@media (forced-colors:active){.created,.updated,.deleted,.held,.failed,.plain{fill:CanvasText}.chip{border:1px solid}}
`;

/** The page may apply its own style sheet and nothing else: no script, no image, no request, no form. */
export const POLICY = `default-src 'none'; style-src 'sha256-${hash('sha256', STYLE, 'base64')}'; base-uri 'none'; form-action 'none'`;
