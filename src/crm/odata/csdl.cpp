#include "crm/odata/csdl.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include <expat.h>
#include <fmt/format.h>

namespace koppla::odata {

namespace {

constexpr int depth_max = 64;
constexpr std::size_t line_max = 32;

/// The attributes of an element.
class Attributes {
  public:
    explicit Attributes(const char** attributes) : attributes_{attributes} {}

    [[nodiscard]] std::string_view operator[](std::string_view name) const {
        for (const char** each = attributes_; *each != nullptr; each += 2)
            if (name == each[0]) return each[1];
        return {};
    }
    [[nodiscard]] std::optional<int> number(std::string_view name) const {
        const std::string_view text = (*this)[name];
        int value = 0;
        const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (fault != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
        return value;
    }

  private:
    const char** attributes_;
};

/// Reads element by element. What isn't known is passed over, with all that it holds.
class Reader {
  public:
    Reader() : parser_{XML_ParserCreate(nullptr), XML_ParserFree} {
        XML_SetUserData(parser_.get(), this);
        XML_SetElementHandler(parser_.get(), begin, end);
        XML_SetStartDoctypeDeclHandler(parser_.get(), refuse_document_type);
    }

    Result<Csdl> read(std::string_view xml) {
        constexpr std::string_view attempted = "the service's $metadata can't be read";
        if (xml.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
            return error(ErrorKind::corrupt, fmt::format("{}: it is too long", attempted));
        const bool is_read =
            XML_Parse(parser_.get(), xml.data(), static_cast<int>(xml.size()), XML_TRUE) == XML_STATUS_OK;
        if (!is_read) {
            return error(ErrorKind::corrupt,
                         fmt::format("{}: line {}: {}", attempted, XML_GetCurrentLineNumber(parser_.get()),
                                     XML_ErrorString(XML_GetErrorCode(parser_.get()))));
        }
        if (!is_edmx_) return error(ErrorKind::corrupt, fmt::format("{}: it is something else", attempted));
        if (!version_.starts_with('4')) {
            return error(ErrorKind::unsupported,
                         fmt::format("the service speaks OData {}, and 4.0 is the first that is read",
                                     version_.empty() ? "of an unknown version" : version_));
        }
        finish();
        return std::move(csdl_);
    }

  private:
    static std::string_view local(const char* name) {
        const std::string_view whole{name};
        return whole.substr(whole.find(':') + 1);
    }

    static void XMLCALL begin(void* self, const char* name, const char** attributes) {
        auto& reader = *static_cast<Reader*>(self);
        if (static_cast<int>(reader.open_.size()) >= depth_max) {
            XML_StopParser(reader.parser_.get(), XML_FALSE);
            return;
        }
        reader.open_.emplace_back(local(name));
        reader.take(reader.open_.back(), Attributes{attributes});
    }
    static void XMLCALL end(void* self, const char* name) {
        auto& reader = *static_cast<Reader*>(self);
        reader.open_.pop_back();
        reader.leave(local(name));
    }
    static void XMLCALL refuse_document_type(void* self, const char* /*name*/, const char* /*system*/,
                                             const char* /*public_id*/, int /*has_subset*/) {
        XML_StopParser(static_cast<Reader*>(self)->parser_.get(), XML_FALSE);
    }

    void take(std::string_view element, const Attributes& attributes) {
        if (element == "Edmx" && open_.size() == 1) {
            is_edmx_ = true;
            version_ = attributes["Version"];
        } else if (element == "Schema") {
            namespace_ = attributes["Namespace"];
            if (const auto alias = attributes["Alias"]; !alias.empty()) aliases_.emplace(alias, namespace_);
        } else if (element == "EntityType") {
            type_ = &csdl_.types[own(attributes["Name"])];
            type_->base = attributes["BaseType"];
            is_in_property_ = false;  // of another type, where a document nests them
        } else if (element == "EnumType") {
            enum_ = &csdl_.enums[own(attributes["Name"])];
            enum_->has_flags = attributes["IsFlags"] == "true";
        } else if (element == "TypeDefinition") {
            csdl_.definitions[own(attributes["Name"])] = attributes["UnderlyingType"];
        } else if (element == "EntitySet") {
            csdl_.sets.push_back(
                {.name = std::string{attributes["Name"]}, .type = std::string{attributes["EntityType"]}});
            is_in_set_ = true;
        } else if (element == "Annotations") {
            target_ = attributes["Target"];
        } else if (element == "Annotation") {
            annotate(attributes);
        } else if (element == "PropertyValue") {
            if (is_tracking_ && attributes["Property"] == "Supported" && attributes["Bool"] != "false")
                mark_feed();
        } else if (enum_ != nullptr && element == "Member") {
            enum_->members.emplace_back(attributes["Name"]);
        } else if (type_ != nullptr) {
            take_of_type(element, attributes);
        }
    }

    void take_of_type(std::string_view element, const Attributes& attributes) {
        if (element == "PropertyRef") {
            type_->key.emplace_back(attributes["Name"]);
        } else if (element == "Property") {
            type_->properties.push_back({.name = std::string{attributes["Name"]},
                                         .type = std::string{attributes["Type"]},
                                         .is_nullable = attributes["Nullable"] != "false",
                                         .length = attributes.number("MaxLength").value_or(0),
                                         .precision = attributes.number("Precision"),
                                         .scale = attributes.number("Scale")});
            is_in_property_ = true;
        } else if (element == "NavigationProperty") {
            points_to_ = attributes["Type"];
        } else if (element == "ReferentialConstraint" && !points_to_.starts_with("Collection(")) {
            type_->references.emplace_back(attributes["Property"], points_to_);
        }
    }

    void leave(std::string_view element) {
        if (element == "EntityType") {
            type_ = nullptr;
        } else if (element == "EnumType") {
            enum_ = nullptr;
        } else if (element == "Property") {
            is_in_property_ = false;
        } else if (element == "EntitySet") {
            is_in_set_ = false;
        } else if (element == "Annotations") {
            target_.clear();
        } else if (element == "Annotation") {
            is_tracking_ = false;
        }
    }

    /// Labels, what the service computes, and whether it tells changes; of the element around it or of a
    /// target that is named.
    void annotate(const Attributes& attributes) {
        const std::string_view term = attributes["Term"];
        is_tracking_ = term.ends_with(".ChangeTracking");
        const bool is_label = term.ends_with(".Label") || term.ends_with(".Description");
        const bool is_computed = term.ends_with(".Computed") && attributes["Bool"] != "false";
        if (!is_label && !is_computed) return;
        const Note note{.target = target_,
                        .label = is_label ? std::string{attributes["String"]} : std::string{},
                        .is_computed = is_computed};
        if (!target_.empty()) {
            notes_.push_back(note);
        } else if (is_in_property_ && type_ != nullptr) {
            apply(note, type_->properties.back());
        } else if (is_in_set_ && is_label) {
            csdl_.sets.back().label = note.label;
        }
    }

    void mark_feed() {
        if (is_in_set_)
            csdl_.sets.back().has_feed = true;
        else if (const auto slash = target_.find('/'); slash != std::string::npos)
            fed_.push_back(target_.substr(slash + 1));
    }

    struct Note {
        std::string target, label;
        bool is_computed = false;
    };
    static void apply(const Note& note, Csdl::Property& property) {
        if (property.label.empty()) property.label = note.label;
        property.is_computed = property.is_computed || note.is_computed;
    }

    [[nodiscard]] std::string own(std::string_view name) const {
        return fmt::format("{}.{}", namespace_, name);
    }

    /// The whole name behind one that begins with an alias.
    [[nodiscard]] std::string whole(const std::string& name) const {
        if (name.starts_with("Collection(") && name.ends_with(')'))
            return fmt::format("Collection({})", whole(name.substr(11, name.size() - 12)));
        const auto dot = name.rfind('.');
        if (dot == std::string::npos) return name;
        const auto alias = aliases_.find(name.substr(0, dot));
        return alias == aliases_.end() ? name : alias->second + name.substr(dot);
    }

    void finish() {
        for (auto& [name, type] : csdl_.types) {
            type.base = whole(type.base);
            for (Csdl::Property& property : type.properties) property.type = whole(property.type);
            for (auto& [property, target] : type.references) target = whole(target);
        }
        for (auto& [name, type] : csdl_.definitions) type = whole(type);
        for (Csdl::EntitySet& set : csdl_.sets) {
            set.type = whole(set.type);
            csdl_.set_of.emplace(set.type, set.name);
            set.has_feed = set.has_feed || std::ranges::find(fed_, set.name) != fed_.end();
        }
        for (const Note& note : notes_) {
            const auto slash = note.target.find('/');
            const auto type = csdl_.types.find(whole(note.target.substr(0, slash)));
            if (slash == std::string::npos || type == csdl_.types.end()) continue;
            const auto property = std::ranges::find(type->second.properties, note.target.substr(slash + 1),
                                                    &Csdl::Property::name);
            if (property != type->second.properties.end()) apply(note, *property);
        }
    }

    std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser_;
    Csdl csdl_;
    std::vector<std::string> open_;
    std::string namespace_, version_, target_, points_to_;
    std::map<std::string, std::string, std::less<>> aliases_;
    std::vector<Note> notes_;
    std::vector<std::string> fed_;
    Csdl::EntityType* type_ = nullptr;
    Csdl::EnumType* enum_ = nullptr;
    bool is_edmx_ = false, is_in_property_ = false, is_in_set_ = false, is_tracking_ = false;
};

}  // namespace

Result<Csdl> Csdl::of(std::string_view xml) {
    return Reader{}.read(xml);
}

const Csdl::EntitySet* Csdl::find_set(std::string_view name) const {
    const auto found = std::ranges::find(sets, name, &EntitySet::name);
    return found == sets.end() ? nullptr : &*found;
}

std::vector<const Csdl::EntityType*> Csdl::line_of(const std::string& type) const {
    std::vector<const EntityType*> line;
    for (std::string name = type; !name.empty();) {
        const auto found = types.find(name);
        if (found == types.end() || line.size() >= line_max) return {};
        line.push_back(&found->second);
        name = found->second.base;
    }
    std::ranges::reverse(line);
    return line;
}

}  // namespace koppla::odata
