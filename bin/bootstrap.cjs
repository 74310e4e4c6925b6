// biome-ignore-all lint/style/useNodejsImportProtocol: an old Node would fail on it before it is told that it is too old
'use strict'
// Installs what zonelog runs on, for whatever Node the machine has; then runs the TypeScript file named as argument.
// Plain JavaScript without dependencies, in a syntax that old versions still read far enough to say that they are old.

const childProcess = require('child_process')
const fs = require('fs')
const path = require('path')
const { whileHolding } = require('./install-lock.cjs')

const ROOT = path.resolve(__dirname, '..')
const MODULES = path.join(ROOT, 'node_modules')
const LOCK_FILE = path.join(ROOT, 'package-lock.json')
/** A copy of the lock file that node_modules was installed from: bin/zonelog compares the two. */
const STAMP = path.join(MODULES, '.zonelog', 'package-lock.json')
const NODE = path.join(MODULES, 'node', 'bin', 'node')
const BUSY = path.join(ROOT, '.cache', 'installing')

const LEAST_NODE = 18
const LEAST_NPM = 8
/** The first version that runs TypeScript without a flag, for machines where the `node` package does not run. */
const TYPESCRIPT_NODE = [22, 18]
const NEEDED_BYTES = 700 * 1024 * 1024

class Fault extends Error {}

async function main(script, args) {
  const development = script !== undefined
  if (!isInstalled(development)) await install(development)
  if (script !== undefined) process.exitCode = await run(script, args)
}

/** One installation at a time: a second start waits for the first, then finds everything in place. */
async function install(development) {
  checkNode()
  const onWait = () => say('Another start of zonelog is installing; waiting for it …')
  try {
    await whileHolding(BUSY, onWait, async () => {
      if (isInstalled(development)) return
      fs.rmSync(STAMP, { force: true })
      if (!isInPlace(development)) await npmCi(development)
      ensureNode()
      fs.mkdirSync(path.dirname(STAMP), { recursive: true })
      fs.copyFileSync(LOCK_FILE, STAMP)
    })
  } catch (error) {
    throw error.code === undefined ? error : notWritable(error)
  }
}

function checkNode() {
  if (major(process.versions.node) < LEAST_NODE)
    throw new Fault(
      `zonelog needs Node ${LEAST_NODE} or newer to install itself; this is ${process.version}.\nGet one from https://nodejs.org`,
    )
}

async function npmCi(development) {
  const npm = childProcess.spawnSync('npm', ['--version'], {
    cwd: ROOT,
    encoding: 'utf8',
    shell: isWindows(),
  })
  if (npm.status !== 0)
    throw new Fault(
      'zonelog needs npm to install itself, and there is none on the PATH: https://nodejs.org brings one',
    )
  if (major(npm.stdout) < LEAST_NPM)
    throw new Fault(
      `zonelog needs npm ${LEAST_NPM} or newer; this is ${npm.stdout.trim()}.\nGet a newer one: npm install -g npm`,
    )
  checkRoom()

  say(`Installing what zonelog runs on into ${MODULES} (about 400 MB; a minute or two) …`)
  const started = Date.now()
  const seconds = () => Math.round((Date.now() - started) / 1000)
  const stillAt = setInterval(() => say(`  still installing, ${seconds()} s so far …`), 20000)
  // a developer's run needs the development packages even where NODE_ENV says production
  const options = ['--no-audit', '--no-fund'].concat(development ? '--include=dev' : [])
  let result = await output('npm', ['ci'].concat(options))
  if (/EUSAGE/.test(result.text)) {
    // a lock file made on one platform may lack another's optional packages; --no-save leaves it as it is
    say('  package-lock.json does not list the packages of every platform; using `npm install --no-save` …')
    result = await output('npm', ['install', '--no-save'].concat(options))
  }
  clearInterval(stillAt)
  if (result.status !== 0) throw new Fault(npmFailure(result))
  say(`Installed in ${seconds()} s.`)
}

/** Reads the reason out of npm's output, so that the common ones are one clear line. */
function npmFailure(result) {
  if (/ENOSPC/.test(result.text))
    return `The disk that holds ${ROOT} (or npm's cache) is full: npm could not install.`
  if (/EROFS|EACCES|EPERM/.test(result.text))
    return `npm may not write to ${ROOT} or to its cache:\n${lastLines(result.text, 6)}`
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|_CERT/.test(result.text))
    return `npm does not reach its registry; is there a network?\n${lastLines(result.text, 6)}`
  return `\`npm ci\` in ${ROOT} failed (status ${result.status}):\n${lastLines(result.text, 20)}`
}

function checkRoom() {
  if (fs.statfsSync === undefined) return // before Node 18.15
  const { bavail, bsize } = fs.statfsSync(ROOT)
  if (bavail * bsize < NEEDED_BYTES)
    throw new Fault(
      `The disk that holds ${ROOT} has ${megabytes(bavail * bsize)} left; installing needs ${megabytes(NEEDED_BYTES)}.`,
    )
}

/** Makes sure that node_modules/node/bin/node runs: the package downloads it in an install script, which may be switched off. */
function ensureNode() {
  const problem = nodeProblem()
  if (problem === undefined) return
  const [least, minor] = TYPESCRIPT_NODE
  const [ownMajor, ownMinor] = process.versions.node.split('.').map(Number)
  if (ownMajor > least || (ownMajor === least && ownMinor >= minor)) {
    fs.mkdirSync(path.dirname(NODE), { recursive: true })
    fs.rmSync(NODE, { force: true })
    fs.symlinkSync(process.execPath, NODE)
    say(
      `The Node from npm is not usable here (${problem}); zonelog runs on ${process.execPath}, ${process.version}.`,
    )
    return
  }
  throw new Fault(
    `The Node that zonelog runs on is not usable: ${problem}.\n` +
      'Either allow its install script once:\n' +
      `  cd ${ROOT} && npm rebuild node --ignore-scripts=false\n` +
      `or put Node ${TYPESCRIPT_NODE.join('.')} or newer first on the PATH.`,
  )
}

function nodeProblem() {
  if (!fs.existsSync(NODE))
    return 'its install script did not run (npm config: ignore-scripts) or could not download it'
  const tried = childProcess.spawnSync(NODE, ['--version'], { encoding: 'utf8' })
  if (tried.status === 0) return undefined
  return `${NODE} does not run on this system${tried.error ? `, ${tried.error.code}` : ''}`
}

function isInstalled(development) {
  return sameContent(LOCK_FILE, STAMP) && fs.existsSync(NODE) && (!development || hasDevelopmentPackages())
}

/** True when somebody ran `npm ci` or `npm install` by hand: all that is left is the stamp. */
function isInPlace(development) {
  const wanted = packagesOf(LOCK_FILE)
  const present = packagesOf(path.join(MODULES, '.package-lock.json'))
  if (wanted === undefined || present === undefined) return false
  return Object.keys(wanted).every((name) => {
    const { version, dev, optional } = wanted[name]
    if (name === '' || optional || (dev && !development)) return true
    return present[name] !== undefined && present[name].version === version
  })
}

function hasDevelopmentPackages() {
  return fs.existsSync(path.join(MODULES, 'typescript', 'package.json'))
}

function packagesOf(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')).packages
  } catch (_) {
    return undefined
  }
}

function sameContent(one, other) {
  try {
    return fs.readFileSync(one).equals(fs.readFileSync(other))
  } catch (_) {
    return false
  }
}

function notWritable(error) {
  if (error.code === 'ENOSPC') return new Fault(`The disk that holds ${ROOT} is full.`)
  return new Fault(
    `zonelog has to install packages in ${ROOT}, but cannot write there (${error.code}).\n` +
      'Let the owner of that folder run `npm ci` in it once, or use a copy of your own.',
  )
}

function output(file, args) {
  return new Promise((resolve) => {
    const child = childProcess.spawn(file, args, {
      cwd: ROOT,
      shell: isWindows(),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let text = ''
    const add = (chunk) => {
      text += chunk
    }
    child.stdout.on('data', add)
    child.stderr.on('data', add)
    child.on('error', (error) => resolve({ status: 127, text: text + error.message }))
    child.on('close', (code) => resolve({ status: code === null ? 1 : code, text }))
  })
}

/** The script takes over the terminal and its signals; its exit status becomes ours. */
function run(script, args) {
  return new Promise((resolve, reject) => {
    const options = ['--disable-warning=ExperimentalWarning', path.resolve(ROOT, script)]
    const child = childProcess.spawn(NODE, options.concat(args), { stdio: 'inherit', cwd: ROOT })
    for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
    process.on('SIGINT', () => {}) // the terminal sends it to both of us
    child.on('error', reject)
    child.on('close', (code) => resolve(code === null ? 1 : code))
  })
}

function lastLines(text, count) {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !/^npm warn/i.test(line))
  return lines
    .slice(-count)
    .map((line) => `  ${line}`)
    .join('\n')
}

function major(version) {
  return Number.parseInt(version, 10)
}

function megabytes(bytes) {
  return `${Math.round(bytes / 1024 / 1024)} MB`
}

function isWindows() {
  return process.platform === 'win32'
}

function say(line) {
  process.stderr.write(`${line}\n`)
}

main(process.argv[2], process.argv.slice(3)).catch((error) => {
  say(error instanceof Fault ? error.message : String(error.stack || error))
  process.exitCode = 1
})
