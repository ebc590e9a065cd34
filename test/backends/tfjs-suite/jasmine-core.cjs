/** The form in which tfjs's specs look for Jasmine: they set its time limit through `core()`. */
module.exports = { core: () => globalThis.jasmine };
