#pragma once

#include "sandbox/entra/asked.h"
#include "sandbox/entra/scope.h"

namespace koppla::sandbox::entra {

/// The answer that hands out an access token for the app itself.
http::Response issue_to_app(Authority& authority, const Asked& asked, const Scope& scope);
/// The same for the user by way of the app: with a refresh token and an ID token where the scope has them.
http::Response issue_to_user(Authority& authority, const Asked& asked, const Scope& scope,
                             const Consent& consent);

}  // namespace koppla::sandbox::entra
