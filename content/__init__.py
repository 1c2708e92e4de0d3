"""What the assistant says: YAML files, and the schema that they must keep to."""

from content.loader import ContentError, Schools, content_version, load_content, load_school, load_schools
from content.schema import Content, Topic, Website

__all__ = [
    "Content",
    "ContentError",
    "Schools",
    "Topic",
    "Website",
    "content_version",
    "load_content",
    "load_school",
    "load_schools",
]
