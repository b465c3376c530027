#include "sandbox/dynamics/org/content/csdl.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include <expat.h>
#include <fmt/format.h>

namespace koppla::sandbox::dynamics {
namespace {

/// Collects while expat reads. Depths and the size of documents are bounded by what the caller hands in.
class Collector {
  public:
    explicit Collector(Csdl& csdl) : csdl_{csdl} {}

    void begin(std::string_view element, const char** attributes) {
        const auto attribute = [&](std::string_view name) {
            for (const char** at = attributes; *at != nullptr; at += 2)
                if (name == at[0]) return std::string{at[1]};
            return std::string{};
        };
        if (element == "EntityType") {
            csdl_.by_name.emplace(attribute("Name"), csdl_.types.size());
            csdl_.types.push_back({.name = attribute("Name"), .base = attribute("BaseType")});
            type_ = &csdl_.types.back();
        } else if (element == "EntitySet") {
            auto type = attribute("EntityType");
            csdl_.sets.push_back({.name = attribute("Name"), .type = type.substr(type.rfind('.') + 1)});
        } else if (type_ == nullptr) {
            return;
        } else if (element == "PropertyRef") {
            type_->keys.push_back(attribute("Name"));
        } else if (element == "Property") {
            type_->properties.push_back({.name = attribute("Name"), .type = attribute("Type")});
        } else if (element == "NavigationProperty") {
            type_->ways.push_back(
                {.name = attribute("Name"), .type = attribute("Type"), .partner = attribute("Partner")});
        } else if (element == "ReferentialConstraint" && !type_->ways.empty()) {
            type_->ways.back().property = attribute("Property");
        } else if (element == "Record" && attribute("Type").ends_with("AlternateKey")) {
            type_->alternate_keys.emplace_back();
        } else if (element == "PropertyValue" && attribute("Property") == "Name" &&
                   !type_->alternate_keys.empty()) {
            type_->alternate_keys.back().push_back(attribute("PropertyPath"));
        }
    }

    void end(std::string_view element) {
        if (element == "EntityType") type_ = nullptr;
    }

  private:
    Csdl& csdl_;
    Csdl::Type* type_ = nullptr;
};

}  // namespace

Result<Csdl> read_csdl(std::string_view xml) {
    Csdl csdl;
    Collector collector{csdl};
    const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser{XML_ParserCreate("UTF-8"),
                                                                              XML_ParserFree};
    XML_SetUserData(parser.get(), &collector);
    XML_SetElementHandler(
        parser.get(),
        [](void* data, const char* name, const char** attributes) {
            static_cast<Collector*>(data)->begin(name, attributes);
        },
        [](void* data, const char* name) { static_cast<Collector*>(data)->end(name); });
    const auto size = static_cast<int>(std::min<std::size_t>(xml.size(), std::numeric_limits<int>::max()));
    if (XML_Parse(parser.get(), xml.data(), size, XML_TRUE) == XML_STATUS_ERROR)
        return error(ErrorKind::corrupt, fmt::format("The $metadata document can't be read: {} in line {}",
                                                     XML_ErrorString(XML_GetErrorCode(parser.get())),
                                                     XML_GetCurrentLineNumber(parser.get())));
    return csdl;
}

}  // namespace koppla::sandbox::dynamics
