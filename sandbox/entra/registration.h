#pragma once

#include "base/result.h"
#include "base/secret.h"

#include <string>
#include <string_view>

namespace koppla::sandbox::entra {

/// What a tenant knows: one app registration, its service principal, and one user. A value, made once and
/// kept with the state. Ids are GUIDs in lower case.
struct Registration {
    std::string tenant;
    std::string domain;  ///< the tenant's verified domain
    std::string client_id;
    std::string client_secret;
    std::string certificate_pem;  ///< what the app's assertions are signed with
    std::string key_id;           ///< the certificate's keyId in the app's manifest
    std::string
        app_object_id;  ///< of the service principal: the application user's azureactivedirectoryobjectid
    std::string username;
    std::string password;
    std::string user_object_id;
    std::string signing_key_pem;  ///< what the tenant signs its tokens with
};

/// A registration nobody has seen yet, and the private half (PEM) of the certificate's key, for the client.
struct NewRegistration {
    Registration registration;
    Secret private_key;
};
Result<NewRegistration> make_registration();

/// As text to be kept, and back.
std::string kept_text(const Registration& registration);
Result<Registration> read_kept(std::string_view text);

/// How a certificate is named: hexadecimal SHA-1 in upper case, as portals show it, and the values of the
/// headers "x5t" and "x5t#S256". [Microsoft Entra: certificate credentials]
struct Thumbprints {
    std::string hex;
    std::string x5t;
    std::string x5t_s256;
};
Result<Thumbprints> thumbprints(std::string_view certificate_pem);

/// A random GUID. [RFC 9562, 5.4]
std::string new_guid();

}  // namespace koppla::sandbox::entra
