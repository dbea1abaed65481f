/*
 * ca.h - which certificate authorities are trusted, for libcurl and libwebsockets alike.
 *
 * CURL_CA_BUNDLE or SSL_CERT_FILE names a file with the trusted authorities; else SSL_CERT_DIR or
 * the system's hashed directory is used, from which OpenSSL reads the one certificate that it
 * needs: parsing the system's whole bundle costs each TLS context 3 MB and 15 ms.
 */
#ifndef NET_CA_H
#define NET_CA_H

/* Reads the environment. Once, before threads (http_global_init does it). */
void ca_init(void);

/* Path or NULL. At most one of the two is set; none: what the library was built with. */
const char *ca_file(void);
const char *ca_dir(void);

#endif
