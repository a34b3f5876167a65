/* What OpenSSL says, as words that tell a person what to do: the judgement over the platform's certificate, what the
 * platform said (an alert), what its bytes looked like. */
#include "tls_private.h"

#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define ALERT(n) (SSL_AD_REASON_OFFSET + (n)) /* reason of an alert that was received */

const char *tls_last_words(void)
{
	unsigned long e = ERR_peek_last_error();
	const char *reason = e ? ERR_reason_error_string(e) : NULL;

	if (e && ERR_SYSTEM_ERROR(e))
		return strerror(ERR_GET_REASON(e));
	return reason ? reason : "?";
}

static int64_t time_ms(const ASN1_TIME *t)
{
	struct tm tm = { 0 };

	return t && ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) * 1000 : 0;
}

int64_t tls_end_ms(X509 *certificate)
{
	return certificate ? time_ms(X509_get0_notAfter(certificate)) : 0;
}

static void say(struct tls *t, enum tls_reason reason, const char *text)
{
	t->trouble.reason = reason;
	snprintf(t->trouble.text, sizeof(t->trouble.text), "%s", text);
}

/* ---- details ---- */

static void detail_time(struct tls *t, const ASN1_TIME *at)
{
	time_t s = (time_t)(time_ms(at) / 1000);
	struct tm tm;

	gmtime_r(&s, &tm);
	strftime(t->trouble.detail, sizeof(t->trouble.detail), "%Y-%m-%d %H:%M UTC", &tm);
}

static void detail_names(struct tls *t, X509 *c)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(c, NID_subject_alt_name, NULL, NULL);
	char *to = t->trouble.detail;
	size_t size = sizeof(t->trouble.detail), n = 0;

	to[0] = '\0';
	for (int i = 0; i < sk_GENERAL_NAME_num(names) && n < size; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type == GEN_DNS)
			n += (size_t)snprintf(to + n, size - n, "%s%.*s", n ? ", " : "",
			        ASN1_STRING_length(name->d.dNSName), ASN1_STRING_get0_data(name->d.dNSName));
	}
	GENERAL_NAMES_free(names);
	if (!n)
		X509_NAME_get_text_by_NID(X509_get_subject_name(c), NID_commonName, to, (int)size);
}

static void detail_issuer(struct tls *t, X509 *c)
{
	X509_NAME_oneline(X509_get_issuer_name(c), t->trouble.detail, sizeof(t->trouble.detail));
}

/* ---- the certificate ---- */

static const struct {
	long code;
	enum tls_reason reason;
	const char *text;
} judgements[] = {
	{ X509_V_ERR_HOSTNAME_MISMATCH, TLS_NAME, "the platform's certificate is for another name" },
	{ X509_V_ERR_IP_ADDRESS_MISMATCH, TLS_NAME, "the platform's certificate is for another name" },
	{ X509_V_ERR_CERT_HAS_EXPIRED, TLS_EXPIRED, "the platform's certificate has expired" },
	{ X509_V_ERR_CERT_NOT_YET_VALID, TLS_NOT_YET, "the platform's certificate is not valid yet" },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, TLS_ISSUER,
	        "nobody whom we trust has signed the platform's certificate" },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, TLS_ISSUER,
	        "nobody whom we trust has signed the platform's certificate" },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, TLS_ISSUER,
	        "nobody whom we trust has signed the platform's certificate" },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, TLS_ISSUER,
	        "nobody whom we trust has signed the platform's certificate" },
	{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, TLS_ISSUER,
	        "nobody whom we trust has signed the platform's certificate" },
	{ X509_V_ERR_CERT_SIGNATURE_FAILURE, TLS_ISSUER,
	        "nobody whom we trust has signed the platform's certificate" },
};

void tls_word_judgement(struct tls *t, long code, X509 *c)
{
	say(t, TLS_OTHER, "the platform's certificate is refused");
	snprintf(t->trouble.detail, sizeof(t->trouble.detail), "%s", X509_verify_cert_error_string(code));
	for (size_t i = 0; i < sizeof(judgements) / sizeof(judgements[0]); i++)
		if (judgements[i].code == code)
			say(t, judgements[i].reason, judgements[i].text);
	if (!c)
		return;
	if (t->trouble.reason == TLS_NAME)
		detail_names(t, c);
	else if (t->trouble.reason == TLS_ISSUER)
		detail_issuer(t, c);
	else if (t->trouble.reason == TLS_EXPIRED)
		detail_time(t, X509_get0_notAfter(c));
	else if (t->trouble.reason == TLS_NOT_YET)
		detail_time(t, X509_get0_notBefore(c));
}

/* ---- the rest ---- */

static const struct {
	int reason;
	enum tls_reason is;
	const char *text;
} reasons[] = {
	{ ALERT(SSL_AD_BAD_CERTIFICATE), TLS_OURS, "the platform refuses our certificate" },
	{ ALERT(SSL_AD_UNSUPPORTED_CERTIFICATE), TLS_OURS, "the platform refuses our certificate" },
	{ ALERT(SSL_AD_CERTIFICATE_REVOKED), TLS_OURS, "the platform refuses our certificate: it was revoked" },
	{ ALERT(SSL_AD_CERTIFICATE_EXPIRED), TLS_OURS, "the platform refuses our certificate: it has expired" },
	{ ALERT(SSL_AD_CERTIFICATE_UNKNOWN), TLS_OURS, "the platform refuses our certificate" },
	{ ALERT(SSL_AD_UNKNOWN_CA), TLS_OURS,
	        "the platform refuses our certificate: it does not trust who signed it" },
	{ ALERT(SSL_AD_ACCESS_DENIED), TLS_OURS, "the platform refuses our certificate" },
	{ ALERT(TLS13_AD_CERTIFICATE_REQUIRED), TLS_OURS, "the platform asks for a certificate of ours" },
	{ ALERT(SSL_AD_PROTOCOL_VERSION), TLS_VERSION, "the platform speaks no version of TLS that we accept" },
	{ SSL_R_UNSUPPORTED_PROTOCOL, TLS_VERSION, "the platform speaks no version of TLS that we accept" },
	{ SSL_R_WRONG_VERSION_NUMBER, TLS_NONE, "what answers speaks no TLS" },
	{ SSL_R_HTTP_REQUEST, TLS_NONE, "what answers speaks no TLS" },
	{ SSL_R_PACKET_LENGTH_TOO_LONG, TLS_NONE, "what answers speaks no TLS" },
#ifdef SSL_R_RECORD_LAYER_FAILURE /* OpenSSL 3.2 and later */
	{ SSL_R_RECORD_LAYER_FAILURE, TLS_NONE, "what answers speaks no TLS" },
#endif
};

/* Before TLS 1.3 a platform that wanted a certificate and got none says only that the handshake failed. */
static bool wanted_ours(const struct tls *t, int reason)
{
	return reason == ALERT(SSL_AD_HANDSHAKE_FAILURE) && SSL_get_verify_result(t->ssl) == X509_V_OK &&
	       SSL_get0_peer_certificate(t->ssl) && !SSL_get_certificate(t->ssl);
}

void tls_word(struct tls *t, int saved_errno)
{
	unsigned long e = ERR_peek_error();
	int reason = ERR_GET_REASON(e);

	if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED && t->trouble.text[0])
		return;
	if (!e) {
		say(t, TLS_OTHER, saved_errno ? strerror(saved_errno) : "the platform closed the connection");
		return;
	}
	say(t, TLS_OTHER, "TLS fails");
	snprintf(t->trouble.detail, sizeof(t->trouble.detail), "%s", tls_last_words());
	if (wanted_ours(t, reason))
		say(t, TLS_OURS, "the platform asks for a certificate of ours");
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].reason == reason)
			say(t, reasons[i].is, reasons[i].text);
}
