#include "sandbox/salesforce/envelope.h"

#include "sandbox/web/markup.h"

#include <memory>
#include <vector>

#include <expat.h>

namespace koppla::sandbox {
namespace {

constexpr std::size_t depth_max = 20;
constexpr std::size_t bytes_max = std::size_t{1} << 20;
constexpr XML_Char separator = '|';

struct Free {
    void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};

/// Without its namespace.
std::string_view local_name(std::string_view name) {
    const auto at = name.rfind(separator);
    return at == std::string_view::npos ? name : name.substr(at + 1);
}

}  // namespace

class EnvelopeReader {
  public:
    Result<Envelope> read(std::string_view xml) {
        const std::unique_ptr<XML_ParserStruct, Free> parser{XML_ParserCreateNS(nullptr, separator)};
        parser_ = parser.get();
        XML_SetUserData(parser_, this);
        XML_SetElementHandler(parser_, begin, end);
        XML_SetCharacterDataHandler(parser_, text);
        XML_SetStartDoctypeDeclHandler(parser_, refuse);
        if (xml.size() > bytes_max ||
            XML_Parse(parser_, xml.data(), static_cast<int>(xml.size()), XML_TRUE) != XML_STATUS_OK)
            return error(ErrorKind::invalid, "The request is no SOAP envelope that can be read");
        if (envelope_.operation_.empty())
            return error(ErrorKind::invalid, "The request's Body has no operation");
        return std::move(envelope_);
    }

  private:
    [[nodiscard]] std::string path_below_operation() const {
        auto path = path_[3];
        for (std::size_t i = 4; i < path_.size(); ++i) path += "/" + path_[i];
        return path;
    }

    static EnvelopeReader& self(void* data) { return *static_cast<EnvelopeReader*>(data); }

    static void begin(void* data, const XML_Char* name, const XML_Char**) {
        auto& reader = self(data);
        reader.path_.emplace_back(local_name(name));
        reader.text_.clear();
        if (reader.path_.size() > depth_max) XML_StopParser(reader.parser_, XML_FALSE);
        if (reader.path_.size() == 3 && reader.path_[1] == "Body" && reader.envelope_.operation_.empty())
            reader.envelope_.operation_ = reader.path_[2];
    }
    static void end(void* data, const XML_Char*) {
        auto& reader = self(data);
        const auto& path = reader.path_;
        if (path.size() == 4 && path[1] == "Body") reader.envelope_.fields_.emplace(path[3], reader.text_);
        if (path.size() >= 4 && path[1] == "Body")
            reader.envelope_.elements_.emplace_back(reader.path_below_operation(), reader.text_);
        if (path.size() == 4 && path[1] == "Header" && path[2] == "SessionHeader" && path[3] == "sessionId")
            reader.envelope_.session_ = reader.text_;
        reader.path_.pop_back();
        reader.text_.clear();
    }
    static void text(void* data, const XML_Char* bytes, int size) {
        self(data).text_.append(bytes, static_cast<std::size_t>(size));
    }
    static void refuse(void* data, const XML_Char*, const XML_Char*, const XML_Char*, int) {
        XML_StopParser(self(data).parser_, XML_FALSE);
    }

    XML_Parser parser_ = nullptr;
    Envelope envelope_;
    std::vector<std::string> path_;
    std::string text_;
};

std::vector<std::pair<std::string, std::string>> Envelope::below(std::string_view path) const {
    std::vector<std::pair<std::string, std::string>> found;
    for (const auto& [at, text] : elements_) {
        if (at.size() <= path.size() + 1 || !at.starts_with(path) || at[path.size()] != '/') continue;
        auto name = at.substr(path.size() + 1);
        if (name.find('/') == std::string::npos) found.emplace_back(std::move(name), text);
    }
    return found;
}

Result<Envelope> Envelope::read(std::string_view xml) {
    return EnvelopeReader{}.read(xml);
}

std::string markup_element(std::string_view name, std::string_view text) {
    const std::string tag{name};
    return "<" + tag + ">" + markup_escaped(text) + "</" + tag + ">";
}

}  // namespace koppla::sandbox
