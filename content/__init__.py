"""What the assistant says: YAML files, and the schema that they must keep to."""

from content.loader import ContentError, load_content
from content.schema import Content, Topic, Website

__all__ = ["Content", "ContentError", "Topic", "Website", "load_content"]
