/* A classic script, since modules are what may be missing: says in words why the page cannot run where it cannot. */
(function () {
  var words = '';
  if (location.protocol === 'file:') {
    words = 'This page was opened as a file, and browsers load no modules from files. Serve its folder instead: cargo xtask serve.';
  } else if (!('noModule' in HTMLScriptElement.prototype) || typeof WebAssembly === 'undefined' || typeof Worker === 'undefined') {
    words = 'This browser is too old for this page, which needs JavaScript modules, web workers and WebAssembly.';
  }
  if (!words) return;
  var notice = document.getElementById('notice');
  var status = document.getElementById('status');
  var state = document.getElementById('status-state');
  if (notice) notice.textContent = words;
  if (status) status.setAttribute('data-state', 'failed');
  if (state) state.textContent = 'Failed';
})();
