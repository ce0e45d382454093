// The editor of one cell: a field in its place, with a list where there is something to choose from.

import { el } from './dom.js';
import { combobox } from './combobox.js';

const ways = { Enter: [1, 0], Tab: [0, 1] };

export const edit = (cell, { text, name, typed, search, offers, done }) => {
  const input = el('input', { class: 'editor', 'aria-label': name, autocomplete: 'off', spellcheck: 'false' });
  input.value = text;
  cell.replaceChildren(input);
  let open = true;
  const list = search ? combobox(input, { search, offers, pick: (option) => leave(option.value, 0, 0) }) : null;
  const leave = (value, down, right) => {
    if (!open) return;
    open = false;
    list?.close();
    done(value, down, right);
  };
  input.addEventListener('keydown', (e) => {
    if (e.defaultPrevented) return;
    const way = ways[e.key];
    if (way) {
      const back = e.shiftKey ? -1 : 1;
      leave(input.value.trim(), way[0] * back, way[1] * back);
    } else if (e.key === 'Escape') leave(null, 0, 0);
    else return;
    e.preventDefault();
    e.stopPropagation();
  });
  input.addEventListener('blur', () => leave(input.value.trim()));
  input.focus();
  if (!typed) input.select();
  list?.open(typed ? text : '');
  return { input, keep: () => leave(input.value.trim()), close: () => leave(null) };
};
