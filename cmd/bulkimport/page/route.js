// The address's hash says where a person is: #step/file or import.

export const here = () => {
  const [step, ...args] = location.hash.slice(1).split('/').map(decodeURIComponent);
  return { step: step || 'where', args };
};

export const address = (step, ...args) => '#' + [step, ...args].map(encodeURIComponent).join('/');

export const go = (step, ...args) => { location.hash = address(step, ...args); };
