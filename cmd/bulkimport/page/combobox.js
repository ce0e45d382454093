// A text field with a list of what can be chosen; other text stays possible.

import { el, strange } from './dom.js';

let made = 0;

export const combobox = (input, { search, offers = [], pick }) => {
  const id = `choices-${++made}`;
  const list = el('ul', { class: 'choices', role: 'listbox', id, 'aria-label': 'Choices' });
  let options = [], at = -1, asked = null;
  let old = false; // the list is of a text that was typed before: nothing of it may be chosen
  let first = false; // the first option is marked when it comes

  for (const [name, value] of Object.entries({ role: 'combobox', 'aria-autocomplete': 'list', 'aria-expanded': 'false', 'aria-controls': id })) input.setAttribute(name, value);

  const close = () => {
    asked?.abort();
    list.remove();
    at = -1;
    first = false;
    input.setAttribute('aria-expanded', 'false');
    input.removeAttribute('aria-activedescendant');
  };

  const place = () => {
    const box = input.getBoundingClientRect();
    const below = innerHeight - box.bottom > 240 || box.top < 240;
    list.style.left = `${Math.max(4, Math.min(box.left, innerWidth - 364))}px`;
    list.style.top = below ? `${box.bottom + 3}px` : 'auto';
    list.style.bottom = below ? 'auto' : `${innerHeight - box.top + 3}px`;
  };

  const mark = (n) => {
    list.children[at]?.setAttribute('aria-selected', 'false');
    at = n;
    const option = list.children[at];
    if (!option) return input.removeAttribute('aria-activedescendant');
    option.setAttribute('aria-selected', 'true');
    option.scrollIntoView({ block: 'nearest' });
    input.setAttribute('aria-activedescendant', option.id);
  };

  const choose = (option) => {
    close();
    pick(option);
  };

  const line = (option, n) => el('li', {
    role: 'option', id: `${id}-${n}`, 'aria-selected': 'false',
    onmousedown: (e) => { e.preventDefault(); choose(option); },
  }, strange(option.label), option.label === option.value ? null : el('span', { class: 'small' }, strange(option.value)));

  const show = (found) => {
    options = found;
    at = -1;
    old = false;
    list.replaceChildren(...found.map(line));
    if (found.length === 0) return close();
    if (!list.isConnected) document.getElementById('main').append(list);
    place();
    input.setAttribute('aria-expanded', 'true');
    mark(first ? 0 : -1);
    first = false;
  };

  const open = async (text) => {
    asked?.abort();
    asked = new AbortController();
    old = true;
    mark(-1);
    const { signal } = asked;
    try {
      const found = await search(text, signal);
      if (signal.aborted || !input.isConnected || document.activeElement !== input) return;
      const offered = text ? [] : offers;
      show([...offered, ...found.filter((f) => !offered.some((o) => o.value === f.value))]);
    } catch {
      if (!signal.aborted) close(); // what can be typed can be typed without the list
    }
  };

  input.addEventListener('input', () => open(input.value.trim()));
  input.addEventListener('blur', close);
  input.addEventListener('keydown', (e) => {
    const shown = list.isConnected;
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      if (!shown) open('');
      else if (old) first = true;
      else mark((at + (e.key === 'ArrowDown' ? 1 : at < 0 ? 0 : -1) + options.length) % options.length);
    } else if (e.key === 'Enter' && shown && at >= 0) choose(options[at]);
    else if (e.key === 'Escape' && shown) close();
    else return;
    e.preventDefault();
    e.stopPropagation();
  });
  return { open, close };
};
