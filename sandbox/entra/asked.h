#pragma once

#include "http/message.h"
#include "sandbox/entra/authority.h"
#include "sandbox/entra/failure.h"
#include "sandbox/web/form.h"
#include "sandbox/web/json.h"

#include <string>
#include <string_view>

namespace koppla::sandbox::entra {

enum class Generation { v1, v2 };

/// A request as the endpoints see it.
struct Asked {
    const http::Request& request;
    std::string origin;  ///< "https://127.0.0.1:8443", as the client wrote it
    std::string tenant;  ///< the path's first segment
    Generation generation = Generation::v2;
    Form query;
    Form form;
};

http::Response json_response(int status, const Json& body);
http::Response html_response(int status, std::string_view title, std::string_view body);
/// {"error":…,"error_description":"AADSTS…",…} with the codes, traces and time that go with it.
http::Response refuse(const Authority& authority, const Asked& asked, const Refusal& refusal);
/// The same for a person.
http::Response refusal_page(const Refusal& refusal);

// authority.cpp
/// "https://host/<tenant>" for the tenant's own GUID.
std::string own_authority(const Authority& authority, const Asked& asked);

// token.cpp
http::Response token(Authority& authority, const Asked& asked);
// authorize.cpp
http::Response authorize(Authority& authority, const Asked& asked);
http::Response decide(Authority& authority, const Asked& asked);
// device.cpp
http::Response device_code(Authority& authority, const Asked& asked);
http::Response device_page(Authority& authority, const Asked& asked);
http::Response decide_device(Authority& authority, const Asked& asked);

}  // namespace koppla::sandbox::entra
