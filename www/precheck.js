/* A classic script, since modules are what may be missing: says in words why the page cannot run where it cannot. */
(function () {
  if (location.protocol === 'file:') {
    say('This page was opened as a file, and browsers load no modules from files. Serve its folder instead: cargo xtask serve.');
  } else if (!('noModule' in HTMLScriptElement.prototype) || typeof WebAssembly === 'undefined' || typeof Worker === 'undefined') {
    say('This browser is too old for this page, which needs JavaScript modules, web workers and WebAssembly.');
  } else {
    // Caught on its way down, since it does not bubble. It comes at the page's module also for what that module imports.
    addEventListener('error', function (event) {
      if (event.target instanceof HTMLScriptElement) say('A part of this page could not be loaded. Check the connection and reload the page.');
    }, true);
  }

  /** @param {string} words */
  function say(words) {
    var notice = document.getElementById('notice');
    var status = document.getElementById('status');
    var state = document.getElementById('status-state');
    if (notice) notice.textContent = words;
    if (status) status.setAttribute('data-state', 'failed');
    if (state) state.textContent = 'Failed';
  }
})();
