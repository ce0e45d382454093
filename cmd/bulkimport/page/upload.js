// Step 3, before a file is open: drop or choose files, one or several.

import { copy, el, strange } from './dom.js';
import { get, drop, upload } from './api.js';
import { go, address } from './route.js';
import { tried, complain, say } from './trouble.js';
import { may } from './person.js';
import { moment, size } from './words.js';

// away asks once more before a file is deleted.
const away = (f, remove) => {
  const place = el('div', { class: 'does' });
  const first = el('button', { type: 'button', class: 'quiet', 'aria-label': `Delete ${f.name}` }, 'Delete');
  const ask = () => {
    const keep = el('button', { type: 'button' }, 'Keep it');
    keep.addEventListener('click', () => { place.replaceChildren(first); first.focus(); });
    place.replaceChildren(el('span', {}, 'Delete this file?'), el('button', { type: 'button', class: 'last', onclick: () => remove(f) }, 'Delete it'), keep);
    keep.focus();
  };
  first.addEventListener('click', ask);
  place.append(first);
  return place;
};

const card = (f, remove) => el('li', { class: 'card' }, el('a', { href: address('file', f.id) }, el('b', {}, strange(f.name))),
  el('span', { class: 'small' }, `${size(f.size)}, ${moment(f.uploaded)}, `, strange(f.who)), f.mine ? away(f, remove) : null);

// One upload, as a line that shows how far it is; what breaks off can be sent again.
const send = (parts, file, done) => {
  const bar = el('progress', { max: 1, value: 0, 'aria-label': file.name });
  const told = el('div');
  const again = el('button', { type: 'button', hidden: true }, 'Send again');
  const line = el('li', { class: 'card' }, el('b', {}, strange(file.name)), bar, told, again);
  parts.uploads.append(line);
  const start = async () => {
    again.hidden = true;
    bar.hidden = false;
    told.replaceChildren();
    try {
      const kept = await upload(file, (part) => { bar.value = part; });
      line.remove();
      done(kept);
    } catch (trouble) {
      bar.hidden = true;
      again.hidden = false;
      complain(told, trouble);
    }
  };
  again.addEventListener('click', start);
  start();
};

export const files = (place) => {
  const { root, parts } = copy('files');
  const lines = new Map();
  let asked = 0;
  // A line that stays keeps its focus and its question; of two answers the later request's counts.
  const list = async () => {
    const turn = asked += 1;
    const all = await get('files');
    if (turn !== asked) return;
    parts.kept.hidden = all.length === 0;
    for (const [id, line] of lines) {
      if (all.some((f) => f.id === id)) continue;
      line.remove();
      lines.delete(id);
    }
    all.forEach((f, i) => {
      if (lines.has(f.id)) return;
      lines.set(f.id, card(f, remove));
      parts.files.insertBefore(lines.get(f.id), parts.files.children[i] ?? null);
    });
  };
  const remove = (f) => tried(parts.trouble, async () => {
    await drop(`files/${f.id}`);
    await list();
    parts.title.focus();
    say(`${f.name} is deleted.`);
  });
  const take = (chosen) => {
    for (const file of chosen) {
      send(parts, file, (kept) => {
        say(`${file.name} is uploaded.`);
        if (chosen.length === 1) go('file', kept.id);
        else tried(parts.trouble, list);
      });
    }
  };
  parts.choose.addEventListener('change', () => {
    take([...parts.choose.files]);
    parts.choose.value = '';
  });
  const over = (e) => {
    e.preventDefault();
    parts.drop.classList.toggle('over', e.type === 'dragover');
    if (e.type === 'drop') take([...e.dataTransfer.files]);
  };
  if (may('import')) for (const name of ['dragover', 'dragleave', 'drop']) place.addEventListener(name, over);
  place.append(root);
  tried(parts.trouble, list);
  return () => { for (const name of ['dragover', 'dragleave', 'drop']) place.removeEventListener(name, over); };
};
