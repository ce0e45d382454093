// Elements. Whatever comes from elsewhere gets in here as text, and as nothing else.

import { may } from './person.js';

export const el = (name, props = {}, ...children) => {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(props)) {
    if (key === 'class') node.className = value;
    else if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if (value === true) node.setAttribute(key, '');
    else if (value !== false && value != null) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child != null && child !== ''));
  return node;
};

// strange isolates a stranger's text, so that it cannot turn the direction of what stands beside it.
export const strange = (text) => el('bdi', {}, String(text ?? ''));

export const paragraph = (text) => el('p', {}, strange(text));

export const item = (text) => el('li', {}, strange(text));

export const fact = (name, ...value) => el('div', {}, el('dt', {}, name), el('dd', {}, ...value));

// copy is a template's content and its named parts. What a person may not (data-needs), or need
// not be told (data-lacks), is a part as the others are, and not in the content.
export const copy = (id) => {
  const root = document.getElementById(id).content.cloneNode(true);
  const parts = {};
  for (const node of root.querySelectorAll('[data-part]')) parts[node.dataset.part] = node;
  for (const node of root.querySelectorAll('[data-needs]')) if (!may(node.dataset.needs)) node.remove();
  for (const node of root.querySelectorAll('[data-lacks]')) if (may(node.dataset.lacks)) node.remove();
  return { root, parts };
};
