// Step 2: the template, for the plan and the tenants chosen.

import { copy, el, strange } from './dom.js';
import { get, download, query } from './api.js';
import { tried } from './trouble.js';
import { count, number } from './words.js';

const tick = ({ id, name }) => el('label', { class: 'pick' }, el('input', { type: 'checkbox', name: 'tenant', value: id }), el('span', {}, strange(name), id === name ? null : el('span', { class: 'small' }, ' ', strange(id))));

const search = (parts) => {
  const text = parts.search.value.trim().toLowerCase();
  for (const label of parts.tenants.children) label.hidden = !label.textContent.toLowerCase().includes(text);
};

const tell = (parts) => {
  const n = parts.tenants.querySelectorAll('input:checked').length;
  const all = parts.tenants.childElementCount;
  if (n) parts.chosen.textContent = `${count(n, 'tenant')} chosen`;
  else parts.chosen.textContent = all ? `None chosen: all ${number(all)} of them` : 'Nothing is ready for import.';
};

const fill = async (parts) => {
  const { plans, tenants } = await get('choices');
  parts.plans.append(...plans.map((plan) => el('option', { value: plan.id }, plan.name)));
  parts.tenants.replaceChildren(...tenants.map(tick));
  tell(parts);
};

const take = async (parts) => {
  const chosen = new FormData(parts.form);
  const wanted = new URLSearchParams(query({ form: chosen.get('form') }));
  if (chosen.get('plan')) wanted.set('plan', chosen.get('plan'));
  for (const id of chosen.getAll('tenant')) wanted.append('tenant', id);
  parts.told.textContent = '';
  parts.told.append(strange(await download('template?' + wanted)), ' is downloaded: fill it in, then give it back.');
};

export const table = (place) => {
  const { root, parts } = copy('table');
  parts.search.addEventListener('input', () => search(parts));
  parts.tenants.addEventListener('change', () => tell(parts));
  parts.form.addEventListener('submit', async (e) => {
    e.preventDefault();
    parts.download.disabled = true;
    await tried(parts.trouble, () => take(parts));
    parts.download.disabled = false;
  });
  place.append(root);
  tried(parts.trouble, () => fill(parts));
};
