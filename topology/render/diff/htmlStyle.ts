/** How the page of a diff looks: light and dark, on a phone and on a wide screen. Its filters work by style alone. */
import { CHANGE_CLASSES } from '../../diff/model';
import { PICTURE_STYLE } from './svg';

const HIDE_BY_CLASS = CHANGE_CLASSES.map(
  (each) => `body:has(#show-${each}:not(:checked)) .change.${each}`,
).join(',');

export const PAGE_STYLE = `
:root { color-scheme: light dark; --ink:#1f2328; --paper:#ffffff; --quiet:#59636e; --line:#d1d9e0; --plain:#f6f8fa; --link:#0969da;
  --security:#8250df; --destructive:#cf222e; --disruptive:#9a6700; --safe:#1a7f37; --none:#59636e; }
@media (prefers-color-scheme: dark) { :root { --ink:#f0f6fc; --paper:#0d1117; --quiet:#9198a1; --line:#3d444d; --plain:#151b23; --link:#4493f8;
  --security:#ab7df8; --destructive:#f85149; --disruptive:#d29922; --safe:#3fb950; --none:#9198a1; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 16px; max-width: 1400px; background: var(--paper); color: var(--ink); font: 15px/1.5 ui-sans-serif, system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.35rem; margin: 0 0 4px; } h2 { font-size: 1.1rem; margin: 28px 0 8px; } h3 { font-size: 1rem; margin: 0; font-family: ui-monospace, monospace; font-weight: 600; }
p { margin: 4px 0; } .quiet { color: var(--quiet); }
code { font: 0.92em ui-monospace, monospace; }
label { display: inline-block; margin-right: 14px; white-space: nowrap; } label input { margin: 0 4px 0 0; vertical-align: middle; }
#words { width: 100%; max-width: 420px; padding: 6px 8px; margin: 8px 0; color: inherit; background: var(--plain); border: 1px solid var(--line); border-radius: 6px; font: inherit; }
.graph { overflow: auto; max-height: 85vh; border: 1px solid var(--line); border-radius: 8px; margin: 12px 0; }
.graph svg { display: block; }
.change { border: 1px solid var(--line); border-left: 5px solid var(--none); border-radius: 6px; padding: 8px 12px; margin: 8px 0; scroll-margin-top: 8px; }
.change:target { outline: 2px solid var(--link); }
${CHANGE_CLASSES.map((each) => `.change.${each} { border-left-color: var(--${each}); } .class.${each} { color: var(--${each}); font-weight: 600; }`).join('\n')}
.change ul { margin: 6px 0; padding-left: 20px; } .instead { font-style: italic; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 12px; margin: 6px 0 0; } dt { color: var(--quiet); } dd { margin: 0; }
a { color: var(--link); } .hidden { display: none; }
${HIDE_BY_CLASS} { display: none; }
body:has(#before:checked) .graph :is(.added, .sign), body:has(#after:checked) .graph :is(.removed, .sign) { display: none; }
@media (max-width: 600px) { body { padding: 10px; } dl { grid-template-columns: 1fr; } }
@media print { label, #words { display: none; } }
${PICTURE_STYLE}
`;

/** The one thing that style can't do: to show only what has a word in it. */
export const PAGE_SCRIPT = `
const words = document.getElementById('words');
words.hidden = false;
words.addEventListener('input', () => {
  const wanted = words.value.toLowerCase().split(/\\s+/);
  for (const change of document.querySelectorAll('.change')) {
    const text = change.textContent.toLowerCase();
    change.classList.toggle('hidden', !wanted.every((word) => text.includes(word)));
  }
});
`;
