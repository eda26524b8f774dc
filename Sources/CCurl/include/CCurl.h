#ifndef CCURL_H
#define CCURL_H
#include <curl/curl.h>

// curl_easy_setopt and curl_easy_getinfo are variadic; Swift needs one plain function for each kind of argument.
CURLcode ccurl_set_long(CURL *handle, CURLoption option, long value);
CURLcode ccurl_set_string(CURL *handle, CURLoption option, const char *value);
CURLcode ccurl_set_pointer(CURL *handle, CURLoption option, const void *value);
typedef size_t (*ccurl_write_callback)(char *bytes, size_t size, size_t count, void *context);
CURLcode ccurl_set_write(CURL *handle, CURLoption option, ccurl_write_callback callback);
typedef int (*ccurl_progress_callback)(void *context, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
CURLcode ccurl_set_progress(CURL *handle, ccurl_progress_callback callback);
CURLcode ccurl_set_context(CURL *handle, curl_ssl_ctx_callback callback);
CURLcode ccurl_get_long(CURL *handle, CURLINFO info, long *value);
#endif
