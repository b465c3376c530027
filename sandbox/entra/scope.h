#pragma once

#include "sandbox/entra/asked.h"

#include <string>
#include <variant>

namespace koppla::sandbox::entra {

/// What a client asks for, taken apart: the organisation's address, and what of it.
struct Scope {
    std::string resource;     ///< as the client wrote it, without the permission; empty: none was named
    std::string permissions;  ///< "user_impersonation"; for an app ".default"
    std::string granted;      ///< the words, as the answer repeats them
    enum class Tokens { access, with_refresh } tokens = Tokens::access;
    enum class Identity { none, id_token } identity = Identity::none;
};

/// The scope of a v2 request or the resource of a v1 request; or why it can't be. One resource at most, and
/// it has to be this host, with or without its port and ".api".
std::variant<Scope, Refusal> read_scope(const Asked& asked, const std::string& text);

}  // namespace koppla::sandbox::entra
