#include "http/tls/pointer.h"

namespace koppla::http::tls {

std::string last_failure() {
    const auto code = ERR_peek_last_error();
    ERR_clear_error();
    const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    return reason == nullptr ? "no reason given" : reason;
}

int no_passphrase(char* /*text*/, int /*size*/, int /*purpose*/, void* /*with*/) {
    return -1;
}

}  // namespace koppla::http::tls
