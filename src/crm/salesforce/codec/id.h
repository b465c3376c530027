#pragma once

#include "model/batch.h"

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace koppla::salesforce {

/// Record ids: 15 letters and digits whose case matters, or 18, of which the last three say which of the
/// others are capitals, so that two ids never differ by case alone. [Salesforce: SOAP API, ID Field Type]
using LongId = std::array<char, 18>;

/// The long form of a 15-character id, or nothing where it isn't one.
std::optional<LongId> long_id(std::string_view short_id);

/// 15 characters, or 18 whose last three fit the others.
bool is_id(std::string_view text);

/// Its last letters may be in the wrong case: that is Salesforce's to judge.
bool is_like_id(std::string_view text);

/// Brings the cells of these columns into the long form. What is no id stays as it is.
void lengthen_ids(model::Batch& batch, std::span<const std::size_t> columns);

}  // namespace koppla::salesforce
