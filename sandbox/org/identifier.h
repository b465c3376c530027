#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace koppla::sandbox {

/// The three characters that make a 15-character id safe where case is lost. [Salesforce: Object Reference,
/// Id]
std::string id_checksum(std::string_view id15);

/// A record's id: the object's prefix, the org's own three characters, and a number in base 62.
std::string make_id(std::string_view key_prefix, std::uint64_t number);

/// The 18-character form of a 15- or 18-character id; nothing when it is no id or its checksum is wrong. An
/// 18-character id in the wrong case is put right, as its checksum allows.
std::optional<std::string> normal_id(std::string_view id);

}  // namespace koppla::sandbox
