/* A classic script, since modules are what may be missing: says in words why the page cannot run where it cannot. */
(function () {
  var words = '';
  if (location.protocol === 'file:') {
    words = 'This page was opened as a file, and browsers load no modules from files. Serve its folder instead: cargo xtask serve.';
  } else if (!('noModule' in HTMLScriptElement.prototype) || typeof WebAssembly === 'undefined' || typeof Worker === 'undefined') {
    words = 'This browser is too old for this page, which needs JavaScript modules, web workers and WebAssembly.';
  }
  if (!words) return;
  document.getElementById('notice').textContent = words;
  document.getElementById('status').setAttribute('data-state', 'failed');
  document.getElementById('status-state').textContent = 'Failed';
})();
