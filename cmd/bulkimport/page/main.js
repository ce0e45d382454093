// The way through: six steps, each a module that shows itself in <main> and
// may return what ends it.

import { where } from './where.js';
import { table } from './table.js';
import { files } from './upload.js';
import { file } from './file.js';
import { look } from './look.js';
import { watch } from './watch.js';
import { after } from './after.js';
import { history } from './history.js';
import { people } from './people.js';
import { here, address } from './route.js';
import { get } from './api.js';
import { strange } from './dom.js';
import { meet, may } from './person.js';
import { complain, calm } from './trouble.js';

const main = document.getElementById('main');

const steps = {
  where, table, look, watch, after, history, people,
  file: (place, ...args) => (args[0] ? file(place, ...args) : files(place)),
};

// What the steps further on lead to: the last file and import a person had before them.
const last = { file: '', import: '' };

const remember = ({ step, args: [id] }) => {
  if (!id) return;
  if (step === 'file' || step === 'look') last.file = id;
  if (step === 'watch' || step === 'after') last.import = id;
};

const leads = {
  where: () => address('where'),
  table: () => address('table'),
  file: () => (last.file ? address('file', last.file) : address('file')),
  look: () => (last.file ? address('look', last.file) : ''),
  watch: () => (last.import ? address('watch', last.import) : ''),
  after: () => (last.import ? address('after', last.import) : ''),
};

const mark = (step) => {
  for (const link of document.querySelectorAll('#steps a')) {
    const to = leads[link.dataset.step]();
    if (to) link.href = to;
    else link.removeAttribute('href');
    if (link.dataset.step === step) link.setAttribute('aria-current', 'step');
    else link.removeAttribute('aria-current');
  }
};

let leave = null;
let first = true;

const show = () => {
  const at = here();
  const step = Object.hasOwn(steps, at.step) ? at.step : 'where';
  leave?.();
  remember(at);
  mark(step);
  main.replaceChildren();
  main.dataset.step = step;
  leave = steps[step](main, ...at.args) ?? null;
  document.title = [main.querySelector('h1')?.textContent, 'bulkimport'].filter(Boolean).join(' – ');
  scrollTo(0, 0);
  if (!first) main.focus({ preventScroll: true });
  first = false;
};

const skip = (e) => {
  e.preventDefault();
  main.focus();
};

const RETRY = 3000; // ms

const greet = ({ name, role, team, platform }) => {
  meet(role);
  document.getElementById('administer').hidden = !may('administer');
  document.getElementById('platform').replaceChildren(strange(platform));
  document.getElementById('person').hidden = !team;
  document.getElementById('who').replaceChildren(strange(name), `, role: ${role}`);
};

// begin shows the first step as soon as it is known who is here.
const begin = async () => {
  const broken = document.getElementById('broken');
  try {
    greet(await get('me'));
  } catch (trouble) {
    complain(broken, trouble);
    if (trouble.lost) setTimeout(begin, RETRY);
    return;
  }
  calm(broken);
  addEventListener('hashchange', show);
  show();
};

document.getElementById('skip').addEventListener('click', skip);
begin();
