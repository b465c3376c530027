#pragma once

#include "base/error.h"
#include "crm/refusal.h"
#include "http/message.h"

#include <string_view>

namespace koppla::odata {

/// What an error body says: {"error": {"code", "message"}} with the innermost detail's words where the
/// message has none, or a gateway's {"Message"}. Whatever else is empty. [OData JSON Format 4.0, 19]
Complaint complaint_of(std::string_view body);

/// What a refusal of a plain OData service means: by its status, because codes are each service's own.
Error error_of(const http::Response& response, std::string_view attempted);

}  // namespace koppla::odata
