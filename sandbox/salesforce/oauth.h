#pragma once

#include "sandbox/salesforce/reply.h"
#include "sandbox/salesforce/sessions.h"
#include "sandbox/web/form.h"

#include <string>
#include <string_view>

namespace koppla::sandbox {

/// {"error":…,"error_description":…}. [RFC 6749, 5.2]
Answer oauth_error(std::string_view code, std::string_view description, int status = 400);

std::string identity_url(const Services& services);

/// The answer that hands out an access token; a refresh token is for the caller to add.
Json token_reply(Services& services, std::string_view access_token, std::string_view scope);

// jwt.cpp
Answer grant_to_assertion(Services& services, const Form& form);
// authorize.cpp
Answer grant_to_code(Services& services, const Form& form);

}  // namespace koppla::sandbox
