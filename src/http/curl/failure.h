#pragma once

#include "base/error.h"
#include "http/curl_client.h"
#include "http/message.h"

#include <cstdint>
#include <string>

#include <curl/curl.h>

namespace koppla::http {

/// What is known of a transfer that libcurl gave up.
struct FailedTransfer {
    const Request& request;
    const Url& url;
    const Transport& transport;
    CURL* easy;
    CURLcode code;
    std::string words;            ///< libcurl's own
    bool was_sending = false;     ///< a byte of the request may have left
    std::int64_t body_bytes = 0;  ///< of the answer, as they came
};

/// The Error of a failed transfer: its kind by whether the server can have acted, its words by cause.
Error explain(const FailedTransfer& failed);

}  // namespace koppla::http
