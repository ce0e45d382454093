// Trouble is told where it happens: what, and what to do.

import { el, strange } from './dom.js';

// Refusal is an answer that was a no, or none at all.
export class Refusal extends Error {
  constructor(what, hint, status) {
    super(what);
    this.what = what;
    this.hint = hint;
    this.status = status; // 0: there was no answer
  }

  get lost() { return this.status === 0 || this.status === 502 || this.status === 503; }
}

export const complain = (place, trouble) => {
  const { what, hint } = trouble instanceof Refusal ? trouble : { what: 'This page has a fault: ' + trouble.message, hint: 'Load the page again.' };
  place.replaceChildren(el('div', { class: 'alert', role: 'alert' }, el('p', {}, el('b', {}, strange(what))), hint ? el('p', {}, strange(hint)) : null));
};

export const calm = (place) => place.replaceChildren();

// tried does something, and complains in a place where it fails; it tells whether it went well.
export const tried = async (place, act) => {
  calm(place);
  try {
    await act();
    return true;
  } catch (trouble) {
    if (trouble.name === 'AbortError') return false;
    complain(place, trouble);
    return false;
  }
};

let clearing = 0;

// say tells something to those who listen to the page.
export const say = (words) => {
  const place = document.getElementById('said');
  place.textContent = words;
  clearTimeout(clearing);
  clearing = setTimeout(() => { place.textContent = ''; }, 5000);
};
