// Who is signed in, and who did what: for those who administer.

import { copy, el, strange } from './dom.js';
import { get, post, download, query } from './api.js';
import { address } from './route.js';
import { may } from './person.js';
import { tried, say } from './trouble.js';
import { count, moment, second, number } from './words.js';

const PAGE = 100; // acts at once

// session is a line, with what ends it, or all of its person's sessions but this one's.
const session = (one, others, end) => {
  const button = (words, label, all, n) => el('button', { type: 'button', 'aria-label': label, onclick: () => end(one, all, n) }, words);
  const since = moment(one.began);
  const whole = `End all ${number(others)}`;
  return el('tr', {},
    el('th', { scope: 'row' }, strange(one.person.name)), el('td', {}, one.person.role), el('td', {}, since), el('td', {}, strange(one.from || 'not known')), el('td', {}, moment(one.seen)),
    el('td', {}, el('div', { class: 'does' }, one.mine ? el('span', { class: 'small' }, 'this one is yours') : button('End', `End the session of ${one.person.name} from ${since}`, false, 1),
      others > 1 && !one.mine ? button(whole, `${whole} sessions of ${one.person.name}${one.own ? ' but this one' : ''}`, true, others) : null)));
};

const act = (a) => el('tr', {},
  el('th', { scope: 'row' }, second(a.time)), el('td', {}, strange(a.who)), el('td', {}, a.role), el('td', {}, strange(a.act)), el('td', {}, strange(a.name)),
  el('td', {}, a.import ? el('a', { href: address('after', a.import) }, strange(a.import)) : ''), el('td', {}, strange(a.more)));

const showSessions = (parts, all) => {
  const others = (one) => all.filter((other) => other.person.name === one.person.name && !other.mine).length;
  const own = (one) => all.some((other) => other.mine && other.person.name === one.person.name);
  parts.presentWords.textContent = `${count(all.length, 'session')}. A person whose session is ended signs in again; imports go on.`;
  parts.sessionTable.hidden = all.length === 0;
  parts.sessions.replaceChildren(...all.map((one) => session({ ...one, own: own(one) }, others(one), (...what) => end(parts, ...what))));
};

const end = (parts, one, all, n) => tried(parts.presentTrouble, async () => {
  showSessions(parts, await post('sessions/end', { id: one.id, all }));
  parts.present.focus(); // what was pressed is gone
  say(`${count(n, 'session')} of ${one.person.name} ${n === 1 ? 'is' : 'are'} ended.`);
});

// wanted is what the form asks for, for an address.
const wanted = (form) => {
  const asked = {};
  for (const [name, value] of new FormData(form)) {
    const text = value.trim();
    if (text) asked[name] = form.elements[name].type === 'datetime-local' ? new Date(text).toISOString() : text;
  }
  return asked;
};

const found = (shown, { before }) => {
  if (before) return shown ? `The newest ${count(shown, 'act')}` : 'Nothing among the newest: older ones were not looked at yet';
  return shown ? count(shown, 'act') : 'Nothing is found.';
};

// Journal is what is shown of the journal: the newest acts, and older ones as they are asked for.
class Journal {
  constructor(parts) {
    this.parts = parts;
    this.search();
  }

  search() {
    this.asked = wanted(this.parts.form);
    this.asking?.abort();
    return this.add(0);
  }

  older() { return this.add(this.before); }

  // add adds the acts before a place, which is the end at first.
  async add(before) {
    const { parts } = this;
    const { signal } = this.asking = new AbortController();
    parts.older.disabled = true; // which takes its focus
    await tried(parts.refused, async () => {
      const answer = await get('journal?' + query({ ...this.asked, count: PAGE, before }), signal);
      this.before = answer.before;
      const lines = answer.acts.map(act);
      if (before) parts.acts.append(...lines);
      else parts.acts.replaceChildren(...lines);
      const shown = parts.acts.childElementCount;
      parts.found.textContent = found(shown, answer);
      parts.actTable.hidden = shown === 0;
      parts.shared.hidden = !answer.shared;
      parts.older.hidden = !answer.before;
    });
    parts.older.disabled = false;
    if (before) (parts.older.hidden ? parts.actTable : parts.older).focus();
  }
}

export const people = (place, what) => {
  const { root, parts } = copy('people');
  place.append(root);
  if (!may('administer')) return null;
  parts.form.elements.what.value = what ?? '';
  const journal = new Journal(parts);
  parts.form.addEventListener('submit', (e) => {
    e.preventDefault();
    journal.search();
  });
  parts.older.addEventListener('click', () => journal.older());
  parts.download.addEventListener('click', async () => {
    parts.download.disabled = true;
    await tried(parts.refused, async () => say(`${await download('journal/table?' + query(wanted(parts.form)))} is downloaded.`));
    parts.download.disabled = false;
  });
  tried(parts.presentTrouble, async () => showSessions(parts, await get('sessions')));
  return () => journal.asking.abort();
};
