// What the service is asked. Every answer is JSON; a no becomes a Refusal.

import { Refusal } from './trouble.js';

const away = () => new Refusal('The service does not answer.', 'Is “bulkimport serve” still running? Start it again, and this page goes on.', 0);

const refusal = async (answer) => {
  const told = await answer.json().catch(() => null);
  const { what, hint } = told?.error ?? {};
  return new Refusal(what || `The service answered ${answer.status}.`, hint || 'Try again; the terminal in which bulkimport serve runs may say more.', answer.status);
};

const ask = async (path, options = {}) => {
  let answer;
  try {
    answer = await fetch('/api/' + path, options);
  } catch (error) {
    throw error.name === 'AbortError' ? error : away();
  }
  if (!answer.ok) throw await refusal(answer);
  return answer;
};

export const query = (values) => new URLSearchParams(values).toString();

export const get = async (path, signal) => (await ask(path, { signal })).json();

export const post = async (path, body) => {
  const options = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body ?? {}) };
  const text = await (await ask(path, options)).text();
  return text ? JSON.parse(text) : null;
};

export const drop = (path) => ask(path, { method: 'DELETE' });

const nameOf = (answer) => {
  const told = answer.headers.get('Content-Disposition') ?? '';
  const [, coded] = told.match(/filename\*=UTF-8''([^;]+)/i) ?? [];
  if (coded) return decodeURIComponent(coded);
  return told.match(/filename="?([^";]+)"?/i)?.[1] ?? 'download';
};

// fetched is an answer as a file.
export const fetched = async (path) => {
  const answer = await ask(path);
  const bytes = await answer.blob().catch(() => { throw new Refusal('The download broke off, and nothing was saved.', 'Try again.', 0); });
  return new File([bytes], nameOf(answer));
};

// download saves an answer as a file: so a no can be told where the button is.
export const download = async (path) => {
  const file = await fetched(path);
  const link = document.createElement('a');
  link.download = file.name;
  link.href = URL.createObjectURL(file);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  return link.download;
};

// upload sends a file's bytes and tells how far it is, from 0 to 1.
export const upload = (file, progress) => new Promise((resolve, reject) => {
  const request = new XMLHttpRequest();
  request.open('POST', '/api/files?' + query({ name: file.name }));
  request.setRequestHeader('Content-Type', 'application/octet-stream');
  request.upload.addEventListener('progress', (e) => e.lengthComputable && progress(e.loaded / e.total));
  request.addEventListener('error', () => reject(away()));
  request.addEventListener('load', async () => {
    const answer = new Response(request.responseText, { status: request.status });
    if (!answer.ok) reject(await refusal(answer));
    else resolve(await answer.json());
  });
  request.send(file);
});
