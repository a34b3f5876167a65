// Node-RED as it comes, without its editor, which a gateway at a site has no use for.
module.exports = { httpAdminRoot: false, httpNodeRoot: false, flowFile: 'flows.json', credentialSecret: false, telemetry: { enabled: false },
	logging: { console: { level: 'warn', metrics: false, audit: false } } };
