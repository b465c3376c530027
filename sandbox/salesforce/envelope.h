#pragma once

#include "base/result.h"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace koppla::sandbox {

/// A SOAP request, as far as it is needed here: the operation, its fields, and the session in the header.
/// Without DTDs or entities of its own; depth and size are bounded.
class Envelope {
  public:
    static Result<Envelope> read(std::string_view xml);

    [[nodiscard]] const std::string& operation() const { return operation_; }
    /// Of SessionHeader; empty where there is none.
    [[nodiscard]] const std::string& session() const { return session_; }
    /// Empty where there is none.
    [[nodiscard]] std::string field(std::string_view name) const {
        const auto found = fields_.find(name);
        return found == fields_.end() ? std::string{} : found->second;
    }
    /// The texts of every element at a path below the operation ("request/recordToMergeIds"), in order.
    [[nodiscard]] std::vector<std::string> all(std::string_view path) const {
        std::vector<std::string> texts;
        for (const auto& [at, text] : elements_)
            if (at == path) texts.push_back(text);
        return texts;
    }
    /// Names and texts of the elements right below a path.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> below(std::string_view path) const;

  private:
    friend class EnvelopeReader;
    std::string operation_;
    std::string session_;
    std::map<std::string, std::string, std::less<>> fields_;
    std::vector<std::pair<std::string, std::string>> elements_;  ///< by path, as they end
};

/// <name>text</name>, escaped: for answers.
std::string markup_element(std::string_view name, std::string_view text);

}  // namespace koppla::sandbox
