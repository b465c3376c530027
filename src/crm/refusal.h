#pragma once

#include "base/error.h"
#include "http/message.h"

#include <span>
#include <string>
#include <string_view>

namespace koppla {

/// What a CRM's own name for a failure means to us: a row of a vendor's table.
struct Meaning {
    std::string_view symbol;
    ErrorKind kind;
    std::string_view advice;  ///< what to do, or empty
};

/// The row of that symbol, or what the HTTP status means by itself.
Meaning meaning_of(std::span<const Meaning> table, std::string_view symbol, int status);
Meaning meaning_of_status(int status);

/// What a refusal says of itself: its name for the failure and its words, either of them empty.
struct Complaint {
    std::string symbol, text;
};

/// The body of a refused login: {"error", "error_description"}. Whatever else is empty. [RFC 6749, 5.2]
Complaint login_complaint_of(std::string_view body);

/// "attempted failed: text (symbol, HTTP status); advice"; the symbol is "HTTP status" where there is none.
Error refusal(int status, const Complaint& complaint, const Meaning& meaning, std::string_view attempted);

/// A web page where data was expected: a proxy's, a login's, or a CRM's under maintenance.
bool is_web_page(std::string_view body);
Error web_page_error(std::string_view attempted);

/// A vendor's text, bounded and without control characters, fit to be shown.
std::string shown(std::string_view text);

}  // namespace koppla
