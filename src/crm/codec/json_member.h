#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

/// Members of JSON that is read with tolerance: what is missing, or of another type than it should be, counts
/// as unset.
namespace koppla::json {

using Element = simdjson::dom::element;

std::string text(const Element& object, std::string_view name);
bool flag(const Element& object, std::string_view name);
/// Between 0 and what an int holds.
int number(const Element& object, std::string_view name);
std::optional<double> real(const Element& object, std::string_view name);
std::vector<Element> elements(const Element& object, std::string_view name);
/// The member itself; nothing where it is missing or null.
std::optional<Element> member(const Element& object, std::string_view name);

}  // namespace koppla::json
