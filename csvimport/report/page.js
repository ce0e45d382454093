(() => {
  'use strict';

  const $ = (id) => document.getElementById(id);
  const read = (id) => JSON.parse($(id).textContent);
  const words = read('words');
  const rows = read('data');
  const at = Object.fromEntries(words.fields.map((name, i) => [name, i]));
  const rank = new Map(words.outcomes.map((outcome, i) => [outcome.name, i]));
  const other = words.outcomes.length - 1;
  const outcomeOf = (row) => rank.get(row[at.status]) ?? other;

  // What is shown: the page's whole state.
  const view = { query: '', statuses: new Set(), cause: '', sort: 'row', down: false, page: 0, size: 50, open: new Set() };
  let matching = [];

  const counts = new Array(words.outcomes.length).fill(0);
  for (const row of rows) counts[outcomeOf(row)]++;

  // Text as it is compared: without case, accents and compatibility forms.
  const fold = (text) => {
    const lower = text.toLowerCase();
    return /^[\x00-\x7f]*$/.test(lower) ? lower : lower.normalize('NFKD').replace(/\p{M}+/gu, '').replace(/ß/g, 'ss');
  };
  let folded = null;
  const searchable = () => (folded ??= rows.map((row) => fold(row.slice(0, at.cause).join('\n'))));

  const took = (row) => {
    const from = Date.parse(row[at.submitted_at]);
    const to = Date.parse(row[at.finished_at]);
    return to >= from ? to - from : NaN;
  };
  const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });
  const byText = (keys) => (a, b) => {
    // Empty cells come last, so that sorting shows something first.
    const x = keys[a], y = keys[b];
    return x === y ? 0 : x === '' ? 1 : y === '' ? -1 : collator.compare(x, y);
  };
  const byNumber = (keys) => (a, b) => {
    const x = keys[a], y = keys[b];
    return Number.isNaN(x) ? (Number.isNaN(y) ? 0 : 1) : Number.isNaN(y) ? -1 : x - y;
  };
  const text = (...names) => ({ key: (row) => names.map((name) => row[at[name]]).find((cell) => cell !== '') ?? '', compare: byText });
  const number = (key) => ({ key, compare: byNumber });
  const sorts = {
    row: number((row) => (row[at.row] === '' ? NaN : Number(row[at.row]))),
    status: number(outcomeOf),
    customer: text('company', 'tenant'),
    sub: text('sub_id'),
    account: text('account_name', 'account'),
    plan: text('plan_name'),
    order: text('order_number', 'order_id'),
    placed: number((row) => Date.parse(row[at.submitted_at])),
    took: number(took),
    reason: text('error', 'error_code'),
  };
  const orders = new Map();
  // The rows' numbers in the order asked for; each order is made once.
  const ordered = (name, down) => {
    const id = name + (down ? ' down' : '');
    if (!orders.has(id)) {
      const { key, compare } = sorts[name];
      const keys = rows.map(key);
      const missing = (i) => keys[i] === '' || Number.isNaN(keys[i]);
      const up = compare(keys);
      const list = rows.map((_, i) => i);
      list.sort(down ? (a, b) => (missing(a) || missing(b) ? up(a, b) : up(b, a)) : up);
      orders.set(id, list);
    }
    return orders.get(id);
  };

  const select = () => {
    const terms = fold(view.query).split(/\s+/).filter(Boolean);
    const cells = terms.length ? searchable() : null;
    matching = ordered(view.sort, view.down).filter((i) =>
      (view.statuses.size === 0 || view.statuses.has(outcomeOf(rows[i]))) &&
      (view.cause === '' || rows[i][at.cause] === view.cause) &&
      terms.every((term) => cells[i].includes(term)));
  };

  // Every text of a row goes through here, as a text node in an isolate: it
  // can neither be markup nor turn the direction of what stands beside it.
  const element = (name, options = {}, ...children) => {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(options)) {
      if (key === 'class') node.className = value;
      else node.setAttribute(key, value);
    }
    node.append(...children.filter((child) => child !== null && child !== ''));
    return node;
  };
  const strange = (value) => (value === '' ? '' : element('bdi', {}, value));
  const small = (value, name = 'small') => (value === '' ? null : element('span', { class: name }, strange(value)));
  // A domain may break before its last two labels, before it is broken anywhere.
  const domain = (value) => {
    const cut = value.search(/[^.]*\.[^.]*$/);
    if (value === '' || cut <= 0) return strange(value);
    return element('bdi', {}, value.slice(0, cut), document.createElement('wbr'), value.slice(cut));
  };
  const cell = (label, name, ...children) => element('td', { role: 'cell', 'data-label': label, class: name }, ...children);

  const span = (ms) => {
    if (Number.isNaN(ms)) return '';
    if (ms < 10000) return `${+(ms / 1000).toFixed(ms < 1000 ? 2 : 1)} s`;
    const s = Math.round(ms / 1000);
    if (s < 60) return `${s} s`;
    if (s < 3600) return `${Math.floor(s / 60)}m ${String(s % 60).padStart(2, '0')}s`;
    const m = Math.round(s / 60);
    return `${Math.floor(m / 60)}h ${String(m % 60).padStart(2, '0')}m`;
  };
  const moment = (value) => {
    const parsed = new Date(value);
    return Number.isNaN(parsed.getTime()) ? [value, ''] : [parsed.toISOString().slice(11, 19), parsed.toISOString().slice(0, 10)];
  };
  const state = (row) => {
    const code = row[at.order_status];
    const meaning = Object.hasOwn(words.orderStates, code) ? words.orderStates[code] : '';
    return meaning === '' ? code : `${code} ${meaning}`;
  };

  const line = (i) => {
    const row = rows[i];
    const get = (name) => row[at[name]];
    const outcome = words.outcomes[outcomeOf(row)];
    const isOpen = view.open.has(i);
    const toggle = element('button', {
      type: 'button', class: 'more', 'aria-expanded': String(isOpen), 'aria-label': `Row ${get('row')}, all cells`,
    }, strange(get('row') || '–'));
    const [time, day] = moment(get('submitted_at'));
    const tr = element('tr', { role: 'row' },
      cell('Row', 'num rownum', toggle),
      cell('Status', 'status', element('span', { class: `badge s-${outcome.name}` }, strange(get('status') || 'none'))),
      cell('Customer', 'wide', 
        element('span', { class: 'main' }, get('company') ? strange(get('company')) : domain(get('tenant'))),
        get('company') && get('tenant') ? element('span', { class: 'small' }, domain(get('tenant'))) : null),
      cell('Azure subscription', 'id', strange(get('sub_id'))),
      cell('Target account', '', small(get('account_name') || get('account'), 'main'), get('account_name') ? small(get('account')) : null),
      cell('Service plan', '', strange(get('plan_name'))),
      cell('Order', '', small(get('order_number'), 'main'), small(state(row))),
      cell('Placed', 'when', small(time, 'main'), small(day)),
      cell('Took', 'num', span(took(row))),
      cell('Reason', 'reason', small(get('error'), 'clamp'), small(get('error_code'), 'small code')));
    toggle.addEventListener('click', () => {
      const shown = !view.open.has(i);
      toggle.setAttribute('aria-expanded', String(shown));
      if (shown) {
        view.open.add(i);
        tr.after(details(row));
      } else {
        view.open.delete(i);
        tr.nextElementSibling.remove();
      }
    });
    return isOpen ? [tr, details(row)] : [tr];
  };

  const details = (row) => {
    const list = element('dl', { class: 'cells' });
    for (const name of words.fields.slice(0, at.cause)) {
      if (row[at[name]] === '') continue;
      list.append(element('div', { class: name === 'error' ? 'long' : '' }, element('dt', {}, name), element('dd', {}, strange(row[at[name]]))));
    }
    return element('tr', { role: 'row', class: 'details' }, element('td', { role: 'cell', colspan: '10' }, list));
  };

  const said = (n) => n.toLocaleString('en');
  const draw = () => {
    const pages = Math.max(1, Math.ceil(matching.length / view.size));
    view.page = Math.min(view.page, pages - 1);
    const from = view.page * view.size;
    const shown = matching.slice(from, from + view.size);
    $('body').replaceChildren(...shown.flatMap(line));

    const narrowed = matching.length < rows.length;
    $('found').textContent = matching.length === 0 ? `0 of ${said(rows.length)} rows` :
      `Rows ${said(from + 1)} to ${said(from + shown.length)} of ${said(matching.length)}` + (narrowed ? `, out of ${said(rows.length)}` : '');
    $('nothing').hidden = matching.length > 0;
    $('pager').hidden = matching.length <= 25 && view.size >= 25;
    $('where').textContent = `Page ${said(view.page + 1)} of ${said(pages)}`;
    $('first').disabled = $('previous').disabled = view.page === 0;
    $('next').disabled = $('last').disabled = view.page === pages - 1;
    for (const button of document.querySelectorAll('[data-sort]')) {
      const head = button.parentElement;
      if (button.dataset.sort === view.sort) head.setAttribute('aria-sort', view.down ? 'descending' : 'ascending');
      else head.removeAttribute('aria-sort');
    }
    $('order').value = view.sort;
    for (const chip of $('chips').querySelectorAll('button')) {
      chip.setAttribute('aria-pressed', String(view.statuses.has(Number(chip.dataset.outcome))));
    }
    $('only').hidden = view.cause === '';
    $('only-text').textContent = view.cause === '' ? '' : `Only the ${said(matching.length)} rows shown of one cause.`;
  };
  const update = () => {
    view.page = 0;
    select();
    draw();
  };
  const turn = (page) => {
    view.page = page;
    draw();
    $('rows').scrollIntoView();
  };

  words.outcomes.forEach((outcome, i) => {
    if (counts[i] === 0) return;
    const chip = element('button', { type: 'button', class: 'chip', 'data-outcome': String(i), 'aria-pressed': 'false' },
      element('i', { class: `dot s-${outcome.name}` }), outcome.name, element('span', { class: 'n' }, said(counts[i])));
    chip.addEventListener('click', () => {
      if (!view.statuses.delete(i)) view.statuses.add(i);
      update();
    });
    $('chips').append(chip);
  });

  $('tools').addEventListener('submit', (event) => event.preventDefault());
  $('query').addEventListener('input', () => {
    view.query = $('query').value;
    update();
  });
  $('order').addEventListener('change', () => {
    view.sort = $('order').value;
    view.down = false;
    update();
  });
  for (const button of document.querySelectorAll('[data-sort]')) {
    button.addEventListener('click', () => {
      view.down = button.dataset.sort === view.sort && !view.down;
      view.sort = button.dataset.sort;
      update();
    });
  }
  const clear = () => {
    view.query = $('query').value = '';
    view.statuses.clear();
    view.cause = '';
  };
  $('clear').addEventListener('click', () => {
    clear();
    update();
    $('query').focus();
  });
  $('any').addEventListener('click', () => {
    view.cause = '';
    update();
    $('query').focus();
  });
  $('first').addEventListener('click', () => turn(0));
  $('previous').addEventListener('click', () => turn(view.page - 1));
  $('next').addEventListener('click', () => turn(view.page + 1));
  $('last').addEventListener('click', () => turn(Math.ceil(matching.length / view.size) - 1));
  $('size').addEventListener('change', () => {
    view.size = Number($('size').value);
    update();
  });

  // The links of totals and causes lead to the table; here they narrow it too.
  for (const link of document.querySelectorAll('[data-status], [data-cause]')) {
    link.addEventListener('click', () => {
      clear();
      if ('cause' in link.dataset) view.cause = link.dataset.cause;
      else view.statuses.add(rank.get(link.dataset.status));
      update();
    });
  }
  document.addEventListener('keydown', (event) => {
    const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      $('query').focus();
    }
  });

  $('table').hidden = false;
  update();
})();
