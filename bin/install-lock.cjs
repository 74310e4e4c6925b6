// biome-ignore-all lint/style/useNodejsImportProtocol: see bootstrap.cjs
'use strict'

const fs = require('fs')
const path = require('path')

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Does the work while this process alone holds the lock file, waiting for another that has it; `onWait` is called once then. What
 * the file system refuses is thrown as it came.
 */
async function whileHolding(lock, onWait, work) {
  fs.mkdirSync(path.dirname(lock), { recursive: true })
  for (let told = false; !take(lock); told = true) {
    if (!told) onWait()
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  const release = () => fs.rmSync(lock, { force: true })
  const end = () => process.exit(1)
  process.on('exit', release)
  for (const signal of SIGNALS) process.on(signal, end)
  try {
    await work()
  } finally {
    release()
    process.removeListener('exit', release)
    for (const signal of SIGNALS) process.removeListener(signal, end)
  }
}

/** The file holds the process id, so that what a killed start left behind counts for nothing. */
function take(lock) {
  const own = `${lock}.${process.pid}`
  try {
    fs.writeFileSync(own, String(process.pid))
    fs.linkSync(own, lock) // fails where it exists, and never shows an empty file
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    if (!holderLives(lock)) fs.rmSync(lock, { force: true })
    return false
  } finally {
    fs.rmSync(own, { force: true })
  }
}

function holderLives(lock) {
  try {
    process.kill(Number(fs.readFileSync(lock, 'utf8')), 0)
    return true
  } catch (error) {
    return error.code !== 'ESRCH' // another user's process, or released this moment
  }
}

module.exports = { whileHolding }
