// What the role of who is here may.

const roles = ['look', 'import', 'administer']; // each may what the ones before it may

let mine = '';

export const meet = (role) => { mine = role; };

export const may = (least) => roles.indexOf(mine) >= roles.indexOf(least);
