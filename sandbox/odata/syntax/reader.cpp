#include "sandbox/odata/syntax/reader.h"

#include "sandbox/odata/failure.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace koppla::sandbox::odata {
namespace {

/// Puts what an alias stands for in its place; it can't hold aliases itself.
Result<void> replace_aliases(std::vector<Token>& tokens, const Aliases& aliases) {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (tokens[i].kind != Token::Kind::word || !tokens[i].text.starts_with('@')) continue;
        const auto found = aliases.find(tokens[i].text);
        if (found == aliases.end())
            return bad_query(fmt::format("The parameter alias '{}' has no value.", tokens[i].text));
        auto value = TRY(tokens_of(found->second));
        value.pop_back();
        const auto place = tokens.erase(tokens.begin() + static_cast<std::ptrdiff_t>(i));
        tokens.insert(place, value.begin(), value.end());
        i += value.size();
        --i;
    }
    return {};
}

}  // namespace

std::string Path::text() const {
    std::string joined;
    for (const auto& segment : segments) joined += (joined.empty() ? "" : "/") + segment;
    return joined;
}

Result<Reader> Reader::of(std::string_view expression, const Aliases& aliases) {
    auto tokens = TRY(tokens_of(expression));
    if (!aliases.empty()) TRY(replace_aliases(tokens, aliases));
    return Reader{std::move(tokens), std::string{expression}};
}

const Token& Reader::peek(std::size_t ahead) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}

Token Reader::take() {
    auto token = peek();
    if (at_ + 1 < tokens_.size()) ++at_;
    return token;
}

bool Reader::is_mark(char mark, std::size_t ahead) const {
    const auto& token = peek(ahead);
    return token.kind == Token::Kind::mark && token.text[0] == mark;
}

bool Reader::is_word(std::string_view word, std::size_t ahead) const {
    const auto& token = peek(ahead);
    return token.kind == Token::Kind::word && token.text == word;
}

bool Reader::take_mark(char mark) {
    if (!is_mark(mark)) return false;
    take();
    return true;
}

bool Reader::take_word(std::string_view word) {
    if (!is_word(word)) return false;
    take();
    return true;
}

Result<void> Reader::expect_mark(char mark) {
    if (!take_mark(mark)) return syntax_error();
    return {};
}

Result<std::string> Reader::expect_word() {
    if (peek().kind != Token::Kind::word) return syntax_error();
    return take().text;
}

Result<std::string> Reader::expect_text() {
    if (peek().kind != Token::Kind::text) return syntax_error();
    return take().text;
}

Result<void> Reader::expect_end() const {
    if (peek().kind != Token::Kind::end) return syntax_error();
    return {};
}

Error Reader::syntax_error() const {
    return bad_query(fmt::format("Syntax error at position {} in '{}'.", peek().position, text_));
}

Result<Path> Reader::path() {
    Path path{.segments = {TRY(expect_word())}};
    while (is_mark('/') && peek(1).kind == Token::Kind::word) {
        take();
        path.segments.push_back(take().text);
    }
    return path;
}

bool Reader::at_literal() const {
    const auto& token = peek();
    switch (token.kind) {
        case Token::Kind::word:
            return token.text == "null" || token.text == "true" || token.text == "false";
        case Token::Kind::mark:
        case Token::Kind::end:
            return false;
        default:
            return true;
    }
}

Result<Literal> Reader::literal() {
    if (!at_literal()) return syntax_error();
    auto token = take();
    switch (token.kind) {
        case Token::Kind::word:
            return Literal{.kind = token.text == "null" ? Literal::Kind::null : Literal::Kind::boolean,
                           .text = std::move(token.text)};
        case Token::Kind::number:
            return Literal{.kind = Literal::Kind::number, .text = std::move(token.text)};
        case Token::Kind::guid:
            return Literal{.kind = Literal::Kind::guid, .text = std::move(token.text)};
        case Token::Kind::date:
            return Literal{.kind = Literal::Kind::date, .text = std::move(token.text)};
        case Token::Kind::instant:
            return Literal{.kind = Literal::Kind::instant, .text = std::move(token.text)};
        default:
            return Literal{.kind = Literal::Kind::text, .text = std::move(token.text)};
    }
}

}  // namespace koppla::sandbox::odata
