#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace koppla::sandbox {

/// The parts of header.claims.signature, decoded, nothing of it checked. [RFC 7515, 7.1]
struct Jwt {
    std::shared_ptr<const nlohmann::json> header;  ///< never null
    std::shared_ptr<const nlohmann::json> claims;
    std::string signed_text;
    std::string signature;
};
/// Nothing for text that has another shape.
std::optional<Jwt> read_jwt(std::string_view text);

/// Empty where there is no such text.
std::string text_claim(const nlohmann::json& claims, const char* name);

/// base64url(header).base64url(claims): what a signature is made over.
std::string signing_input(const nlohmann::json& header, const nlohmann::json& claims);

}  // namespace koppla::sandbox
